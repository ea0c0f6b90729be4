import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What is in a topic, read from beginning to end by the Java consumer: as messages, or as one hash per partition. */
final class OracleRead {
  static void register(Map<String, Oracle.Operation> operations) {
    operations.put("read", OracleRead::read);
    operations.put("digest", OracleRead::digest);
  }

  private static Object read(JsonNode request) throws Exception {
    var messages = new ArrayList<Map<String, Object>>();
    each(request, message -> messages.add(describe(message)));
    return messages;
  }

  /** The same bytes, in the same order, as PartitionDigest in test/helpers/read.ts. */
  private static Object digest(JsonNode request) throws Exception {
    var hashes = new TreeMap<Integer, MessageDigest>();
    var summary = new TreeMap<Integer, Map<String, Object>>();
    each(
        request,
        message -> {
          var hash = hashes.get(message.partition());
          if (hash == null) {
            hash = MessageDigest.getInstance("SHA-256");
            hashes.put(message.partition(), hash);
            var entry = new LinkedHashMap<String, Object>();
            entry.put("count", 0L);
            entry.put("firstOffset", message.offset());
            summary.put(message.partition(), entry);
          }
          var entry = summary.get(message.partition());
          entry.put("count", (long) entry.get("count") + 1);
          entry.put("lastOffset", message.offset());
          update(hash, message);
        });
    summary.forEach((partition, entry) -> entry.put("sha256", HexFormat.of().formatHex(hashes.get(partition).digest())));
    return summary;
  }

  private static void update(MessageDigest hash, ConsumerRecord<byte[], byte[]> message) {
    hash.update(int64(message.offset()));
    hash.update(int64(message.timestamp()));
    bytes(hash, message.key());
    bytes(hash, message.value());
    var headers = message.headers().toArray();
    hash.update(int32(headers.length));
    for (var header : headers) {
      bytes(hash, header.key().getBytes(StandardCharsets.UTF_8));
      bytes(hash, header.value());
    }
  }

  private static void bytes(MessageDigest hash, byte[] value) {
    hash.update(int32(value == null ? -1 : value.length));
    if (value != null) hash.update(value);
  }

  private static byte[] int32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static byte[] int64(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static Map<String, Object> describe(ConsumerRecord<byte[], byte[]> message) {
    var result = new LinkedHashMap<String, Object>();
    result.put("partition", message.partition());
    result.put("offset", message.offset());
    result.put("timestamp", message.timestamp());
    result.put("timestampType", message.timestampType().name);
    result.put("leaderEpoch", message.leaderEpoch().orElse(null));
    result.put("key", OracleClients.base64(message.key()));
    result.put("value", OracleClients.base64(message.value()));
    var headers = new ArrayList<List<String>>();
    for (var header : message.headers()) {
      var pair = new ArrayList<String>();
      pair.add(header.key());
      pair.add(OracleClients.base64(header.value()));
      headers.add(pair);
    }
    result.put("headers", headers);
    return result;
  }

  interface Visitor {
    void visit(ConsumerRecord<byte[], byte[]> message) throws Exception;
  }

  /** Reads up to the end offsets of the moment it was asked, so it ends on a topic that still grows. */
  private static void each(JsonNode request, Visitor visitor) throws Exception {
    var config = new HashMap<String, Object>(OracleClients.config(request, "client"));
    config.put("key.deserializer", ByteArrayDeserializer.class.getName());
    config.put("value.deserializer", ByteArrayDeserializer.class.getName());
    config.put("isolation.level", request.path("isolation").asText("read_uncommitted"));
    config.put("max.poll.records", "5000");
    config.put("auto.offset.reset", "earliest");
    long deadline = System.nanoTime() + OracleClients.deadlineMs(request) * 1_000_000;
    try (var consumer = new KafkaConsumer<byte[], byte[]>(config)) {
      var topic = request.get("topic").asText();
      var partitions =
          consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      // By position and not by the last message seen: the last offset of a partition may be a transaction marker.
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new TimeoutException("reading " + topic + " to " + ends + " took too long");
        }
        for (var message : consumer.poll(Duration.ofMillis(100))) {
          if (message.offset() < ends.get(new TopicPartition(topic, message.partition()))) visitor.visit(message);
        }
      }
    }
  }

  private OracleRead() {}
}
