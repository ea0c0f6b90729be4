// A consumer over Kafka's own client: one argument, the job as JSON (benchmarks/types.ts); one line of JSON at the end.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public final class Consume {
  private static final long WARM_UP_NS = 1_000_000_000L;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Consume() {}

  public static void main(String[] args) throws IOException {
    JsonNode job = JSON.readTree(args[0]);
    boolean isPaced = job.get("kind").asText().equals("paced");
    long count = job.get("count").asLong();
    long warmUp = job.get("warmUp").asLong();
    long maxNs = (long) (job.get("maxSeconds").asDouble() * 1e9);
    long[] latencies = new long[isPaced ? (int) count : 0];
    long messages = 0, bytes = 0, checksum = 0;
    long first = 0, begin = 0, beginCpu = 0, beginMessages = 0;
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties(job), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(job.get("topic").asText()), new SaysReady());
      while (true) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        if (records.isEmpty()) continue;
        if (first == 0) first = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> record : records) {
          byte[] value = record.value();
          if (isPaced && messages < count) {
            // Both are CLOCK_MONOTONIC.
            long produced = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
            latencies[(int) messages] = System.nanoTime() - produced;
          }
          checksum += value[0] & 0xff;
          bytes += value.length;
          messages++;
        }
        long now = System.nanoTime();
        if (begin == 0 && (messages >= warmUp || (!isPaced && now - first > WARM_UP_NS))) {
          begin = now;
          beginCpu = system.getProcessCpuTime();
          beginMessages = messages;
        }
        boolean isLate = !isPaced && begin != 0 && now - begin >= maxNs;
        if (messages < count && !isLate) continue;
        if (messages == beginMessages) {
          System.err.println(
              "all " + messages + " messages came in the poll that ended the warm-up: the topic is too short to measure");
          System.exit(1);
        }
        double seconds = (now - begin) / 1e9;
        ObjectNode report =
            JSON.createObjectNode()
                .put("messages", messages)
                .put("measuredMessages", messages - beginMessages)
                .put("bytes", bytes)
                .put("checksum", checksum)
                .put("seconds", seconds)
                .put("messagesPerSecond", (messages - beginMessages) / seconds)
                .put("cpuSeconds", (system.getProcessCpuTime() - beginCpu) / 1e9)
                .put("peakRssKiB", peakRssKiB());
        if (isPaced) report.set("latencyMs", summary(Arrays.copyOfRange(latencies, (int) warmUp, (int) count)));
        System.out.println(report);
        return;
      }
    }
  }

  private static Properties properties(JsonNode job) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", job.get("bootstrap").asText());
    properties.put("group.id", job.get("group").asText());
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    job.get("settings").fields().forEachRemaining(each -> properties.put(each.getKey(), each.getValue().asText()));
    return properties;
  }

  private static ObjectNode summary(long[] nanoseconds) {
    Arrays.sort(nanoseconds);
    ObjectNode node = JSON.createObjectNode().put("messages", nanoseconds.length);
    String[] names = {"p50", "p95", "p99", "p999", "max"};
    double[] shares = {0.5, 0.95, 0.99, 0.999, 1};
    for (int i = 0; i < names.length; i++) {
      int at = Math.min(nanoseconds.length - 1, (int) (shares[i] * nanoseconds.length));
      node.put(names[i], nanoseconds[at] / 1e6);
    }
    return node;
  }

  private static long peakRssKiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", ""));
    }
    return 0;
  }

  private static final class SaysReady implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      System.out.println("{\"ready\":true}");
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
  }
}
