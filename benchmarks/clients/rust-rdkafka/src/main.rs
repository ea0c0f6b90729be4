// A consumer over rust-rdkafka: one argument, the job as JSON (benchmarks/types.ts); one line of JSON at the end.
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::Message;
use serde_json::{json, Value};

const WARM_UP: Duration = Duration::from_secs(1);
/// The clock is read this often.
const LOOK_EVERY: usize = 64;

struct SaysReady;

impl ClientContext for SaysReady {}

impl ConsumerContext for SaysReady {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(_) = rebalance {
            println!("{{\"ready\":true}}");
        }
    }
}

fn monotonic_ns() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

fn cpu_seconds() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

struct Meter {
    is_paced: bool,
    count: usize,
    warm_up: usize,
    max_time: Duration,
    messages: usize,
    bytes: usize,
    checksum: u64,
    first: Option<Instant>,
    begin: Option<(Instant, f64, usize)>,
    latencies_ns: Vec<i64>,
}

impl Meter {
    fn new(job: &Value) -> Meter {
        let number = |name: &str| job[name].as_f64().unwrap_or(0.0);
        Meter {
            is_paced: job["kind"] == "paced",
            count: number("count") as usize,
            warm_up: number("warmUp") as usize,
            max_time: Duration::from_secs_f64(number("maxSeconds")),
            messages: 0,
            bytes: 0,
            checksum: 0,
            first: None,
            begin: None,
            latencies_ns: Vec::new(),
        }
    }

    /// True when it was the last message wanted.
    fn take<M: Message>(&mut self, message: &M) -> bool {
        let value = message.payload().expect("a value");
        if self.is_paced {
            let produced = i64::from_le_bytes(value[..8].try_into().expect("8 bytes"));
            self.latencies_ns.push(monotonic_ns() - produced);
        }
        self.checksum += u64::from(value[0]);
        self.bytes += value.len();
        self.messages += 1;
        let is_time = self.messages % LOOK_EVERY == 0 || self.first.is_none();
        (is_time || self.messages >= self.count || self.messages == self.warm_up) && self.look()
    }

    fn look(&mut self) -> bool {
        let now = Instant::now();
        let first = *self.first.get_or_insert(now);
        if self.begin.is_none() {
            let is_long = !self.is_paced && now - first > WARM_UP;
            if self.messages >= self.warm_up || is_long {
                self.begin = Some((now, cpu_seconds(), self.messages));
            }
        }
        let is_late = |&(begin, ..): &(Instant, f64, usize)| now - begin >= self.max_time;
        self.messages >= self.count || (!self.is_paced && self.begin.as_ref().is_some_and(is_late))
    }

    fn report(&mut self) -> Value {
        let (begin, begin_cpu, begin_messages) = self.begin.expect("a warm-up that ended");
        let seconds = begin.elapsed().as_secs_f64();
        let measured = self.messages - begin_messages;
        let mut report = json!({
            "messages": self.messages,
            "measuredMessages": measured,
            "bytes": self.bytes,
            "checksum": self.checksum,
            "seconds": seconds,
            "messagesPerSecond": measured as f64 / seconds,
            "cpuSeconds": cpu_seconds() - begin_cpu,
            "peakRssKiB": peak_rss_kib(),
        });
        if self.is_paced {
            let measured = &mut self.latencies_ns[self.warm_up..];
            measured.sort_unstable();
            let last = measured.len() - 1;
            let at = |share: f64| {
                measured[last.min((share * measured.len() as f64) as usize)] as f64 / 1e6
            };
            report["latencyMs"] = json!({
                "messages": measured.len(),
                "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "p999": at(0.999), "max": at(1.0),
            });
        }
        report
    }
}

fn config(job: &Value) -> ClientConfig {
    let text = |name: &str| job[name].as_str().expect("text").to_owned();
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", text("bootstrap"))
        .set("group.id", text("group"))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false");
    for (name, value) in job["settings"].as_object().expect("settings") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        config.set(name, value);
    }
    config
}

fn base(job: &Value, topic: &str, meter: &mut Meter) {
    let consumer: BaseConsumer<SaysReady> =
        config(job).create_with_context(SaysReady).expect("a consumer");
    consumer.subscribe(&[topic]).expect("subscribe");
    loop {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            if meter.take(&message.expect("a message")) {
                return;
            }
        }
    }
}

async fn stream(job: &Value, topic: &str, meter: &mut Meter) {
    let consumer: StreamConsumer<SaysReady> =
        config(job).create_with_context(SaysReady).expect("a consumer");
    consumer.subscribe(&[topic]).expect("subscribe");
    let mut messages = consumer.stream();
    while let Some(message) = messages.next().await {
        if meter.take(&message.expect("a message")) {
            return;
        }
    }
}

#[tokio::main]
async fn main() {
    let text = std::env::args().nth(1).expect("the job as JSON");
    let job: Value = serde_json::from_str(&text).expect("JSON");
    let topic = job["topic"].as_str().expect("a topic").to_owned();
    let mut meter = Meter::new(&job);
    if job["way"] == "BaseConsumer" {
        base(&job, &topic, &mut meter);
    } else {
        stream(&job, &topic, &mut meter).await;
    }
    println!("{}", meter.report());
}
