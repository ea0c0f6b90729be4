import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Messages of every shape, one by one or by the million, plain or inside a transaction. */
final class OracleProduce {
  /** Transactional producers with a transaction begun and not ended yet, by transactional id. */
  private static final Map<String, KafkaProducer<byte[], byte[]>> OPEN = new ConcurrentHashMap<>();

  static void register(Map<String, Oracle.Operation> operations) {
    operations.put("produce", OracleProduce::produce);
    operations.put("seed", OracleProduce::seed);
    operations.put("beginTransaction", OracleProduce::begin);
    operations.put("endTransaction", OracleProduce::end);
  }

  private static Object produce(JsonNode request) throws Exception {
    var producer = producer(request);
    var topic = request.get("topic").asText();
    var sent = new ArrayList<Future<RecordMetadata>>();
    for (var message : request.get("messages")) {
      sent.add(producer.send(record(topic, message)));
    }
    producer.flush();
    var reports = new ArrayList<Map<String, Object>>();
    for (var future : sent) {
      var metadata = future.get(OracleClients.deadlineMs(request), TimeUnit.MILLISECONDS);
      var report = new LinkedHashMap<String, Object>();
      report.put("partition", metadata.partition());
      report.put("offset", metadata.offset());
      report.put("timestamp", metadata.timestamp());
      reports.add(report);
    }
    return reports;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode message) {
    List<Header> headers = new ArrayList<>();
    for (var header : message.path("headers")) {
      headers.add(new RecordHeader(header.get(0).asText(), OracleClients.bytes(header.get(1))));
    }
    return new ProducerRecord<>(
        topic,
        message.hasNonNull("partition") ? message.get("partition").asInt() : null,
        message.hasNonNull("timestamp") ? message.get("timestamp").asLong() : null,
        OracleClients.bytes(message.get("key")),
        OracleClients.bytes(message.get("value")),
        headers);
  }

  /** Pattern messages (the layout is drawn in test/helpers/pattern.ts), spread over the partitions in turn. */
  private static Object seed(JsonNode request) throws Exception {
    var producer = producer(request);
    var topic = request.get("topic").asText();
    long count = request.get("count").asLong();
    int size = request.get("size").asInt();
    int partitions = request.get("partitions").asInt();
    long first = request.path("firstSequence").asLong(0);
    boolean keyed = request.path("keyed").asBoolean(false);
    boolean withHeaders = request.path("headers").asBoolean(false);
    var failure = new AtomicReference<Exception>();
    for (long i = 0; i < count && failure.get() == null; i++) {
      int partition = (int) (i % partitions);
      long sequence = first + i / partitions;
      producer.send(
          new ProducerRecord<>(
              topic,
              partition,
              null,
              keyed ? ("k" + sequence).getBytes(StandardCharsets.US_ASCII) : null,
              Pattern.payload(partition, sequence, size),
              withHeaders ? Pattern.headers(sequence) : null),
          (metadata, error) -> {
            if (error != null) failure.compareAndSet(null, error);
          });
    }
    producer.flush();
    if (failure.get() != null) throw failure.get();
    return count;
  }

  private static Object begin(JsonNode request) {
    var id = request.get("transactionalId").asText();
    var config = OracleClients.producerConfig(request);
    config.put("transactional.id", id);
    var producer = new KafkaProducer<byte[], byte[]>(config);
    try {
      producer.initTransactions();
      producer.beginTransaction();
    } catch (RuntimeException error) {
      producer.close(Duration.ZERO);
      throw error;
    }
    var replaced = OPEN.put(id, producer);
    if (replaced != null) replaced.close(Duration.ZERO);
    return id;
  }

  private static Object end(JsonNode request) {
    var id = request.get("transactionalId").asText();
    try (var producer = OPEN.remove(id)) {
      if (producer == null) {
        throw new IllegalStateException("transactionalId: expected one with a begun transaction, got " + id);
      }
      if (request.get("commit").asBoolean()) producer.commitTransaction();
      else producer.abortTransaction();
    }
    return id;
  }

  private static KafkaProducer<byte[], byte[]> producer(JsonNode request) {
    if (!request.hasNonNull("transactionalId")) return OracleClients.producer(request);
    var id = request.get("transactionalId").asText();
    var producer = OPEN.get(id);
    if (producer == null) {
      throw new IllegalStateException("transactionalId: expected one with a begun transaction, got " + id);
    }
    return producer;
  }

  /** Third implementation of the pattern, beside pattern.ts and benchmarks/raw-c/pattern.h. */
  static final class Pattern {
    private static final int PERIOD = 65_536;
    private static final byte[] TABLE = new byte[PERIOD];

    static {
      for (int k = 0; k < PERIOD; k++) {
        int x = (k + 1) * 0x9E3779B1;
        x ^= x >>> 15;
        x *= 0x85EBCA6B;
        x ^= x >>> 13;
        TABLE[k] = (byte) (32 + (x & 63));
      }
    }

    static byte[] payload(int partition, long sequence, int size) {
      var bytes = new byte[size];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(sequence).putInt(partition);
      int from = (int) ((sequence * 17 + partition * 31L) % PERIOD);
      for (int to = 12; to < size; ) {
        int length = Math.min(size - to, PERIOD - from);
        System.arraycopy(TABLE, from, bytes, to, length);
        to += length;
        from = 0;
      }
      return bytes;
    }

    static List<Header> headers(long sequence) {
      var number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(sequence).array();
      return List.of(
          new RecordHeader("source", "rdkafka-tiers".getBytes(StandardCharsets.US_ASCII)),
          new RecordHeader("sequence", number),
          new RecordHeader("trace", Pattern.payload(0, sequence, 24)));
    }

    private Pattern() {}
  }

  private OracleProduce() {}
}
