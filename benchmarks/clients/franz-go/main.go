// A consumer over franz-go: one argument, the job as JSON (benchmarks/types.ts); one line of JSON at the end.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
)

type job struct {
	Kind       string         `json:"kind"`
	Bootstrap  string         `json:"bootstrap"`
	Group      string         `json:"group"`
	Topic      string         `json:"topic"`
	Count      int            `json:"count"`
	WarmUp     int            `json:"warmUp"`
	MaxSeconds float64        `json:"maxSeconds"`
	Settings   map[string]any `json:"settings"`
}

type latencies struct {
	Messages int     `json:"messages"`
	P50      float64 `json:"p50"`
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
	P999     float64 `json:"p999"`
	Max      float64 `json:"max"`
}

type report struct {
	Messages          int        `json:"messages"`
	MeasuredMessages  int        `json:"measuredMessages"`
	Bytes             int        `json:"bytes"`
	Checksum          int        `json:"checksum"`
	Seconds           float64    `json:"seconds"`
	MessagesPerSecond float64    `json:"messagesPerSecond"`
	CPUSeconds        float64    `json:"cpuSeconds"`
	PeakRssKiB        int        `json:"peakRssKiB"`
	LatencyMs         *latencies `json:"latencyMs,omitempty"`
}

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// CLOCK_MONOTONIC, which the producer wrote into the value: Go's own monotonic time has another zero.
func monotonicNs() int64 {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		die(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func peakRssKiB() int {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(fields[1])
			return kib
		}
	}
	return 0
}

func summary(all []int64) *latencies {
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	at := func(share float64) float64 {
		index := int(share * float64(len(all)))
		if index >= len(all) {
			index = len(all) - 1
		}
		return float64(all[index]) / 1e6
	}
	return &latencies{len(all), at(0.5), at(0.95), at(0.99), at(0.999), at(1)}
}

func options(j job) []kgo.Opt {
	list := []kgo.Opt{
		kgo.SeedBrokers(strings.Split(j.Bootstrap, ",")...),
		kgo.ConsumerGroup(j.Group),
		kgo.ConsumeTopics(j.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) {
			fmt.Println(`{"ready":true}`)
		}),
	}
	for name, value := range j.Settings {
		bytes, _ := value.(float64)
		switch name {
		case "fetchMaxBytes":
			list = append(list, kgo.FetchMaxBytes(int32(bytes)))
		case "fetchMaxPartitionBytes":
			list = append(list, kgo.FetchMaxPartitionBytes(int32(bytes)))
		default:
			die(fmt.Errorf("unknown setting %s", name))
		}
	}
	return list
}

func main() {
	var j job
	if err := json.Unmarshal([]byte(os.Args[1]), &j); err != nil {
		die(err)
	}
	client, err := kgo.NewClient(options(j)...)
	if err != nil {
		die(err)
	}
	var r report
	var seen []int64
	isPaced := j.Kind == "paced"
	var first, begin time.Time
	var beginCPU float64
	var beginMessages int
	for {
		fetches := client.PollFetches(context.Background())
		if errs := fetches.Errors(); len(errs) > 0 {
			die(errs[0].Err)
		}
		if first.IsZero() && fetches.NumRecords() > 0 {
			first = time.Now()
		}
		fetches.EachRecord(func(record *kgo.Record) {
			if isPaced {
				seen = append(seen, monotonicNs()-int64(binary.LittleEndian.Uint64(record.Value)))
			}
			r.Checksum += int(record.Value[0])
			r.Bytes += len(record.Value)
			r.Messages++
		})
		if first.IsZero() {
			continue
		}
		now := time.Now()
		if begin.IsZero() {
			if r.Messages >= j.WarmUp || (!isPaced && now.Sub(first) > time.Second) {
				begin, beginCPU, beginMessages = now, cpuSeconds(), r.Messages
			}
			if r.Messages < j.Count {
				continue
			}
		}
		if r.Messages < j.Count && (isPaced || now.Sub(begin).Seconds() < j.MaxSeconds) {
			continue
		}
		r.Seconds = now.Sub(begin).Seconds()
		r.CPUSeconds = cpuSeconds() - beginCPU
		break
	}
	r.MeasuredMessages = r.Messages - beginMessages
	if r.MeasuredMessages == 0 {
		die(fmt.Errorf("all %d messages came in the poll that ended the warm-up: the topic is too short to measure", r.Messages))
	}
	r.MessagesPerSecond = float64(r.MeasuredMessages) / r.Seconds
	r.PeakRssKiB = peakRssKiB()
	if isPaced {
		r.LatencyMs = summary(seen[j.WarmUp:])
	}
	line, err := json.Marshal(r)
	if err != nil {
		die(err)
	}
	fmt.Println(string(line))
	client.Close()
}
