import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients kept between requests (connecting costs more than most requests), and the small conversions all share. */
final class OracleClients {
  /** Few clusters live at a time; what falls out belongs to a cluster that was stopped long ago. */
  private static final int KEPT = 12;

  private static final Map<Object, Admin> ADMINS = cache();
  private static final Map<Object, KafkaProducer<byte[], byte[]>> PRODUCERS = cache();

  static Admin admin(JsonNode request) {
    var config = config(request, "client");
    return get(ADMINS, config, key -> Admin.create(new HashMap<>(config)));
  }

  /** A plain, non-transactional producer that loses and duplicates nothing. */
  static KafkaProducer<byte[], byte[]> producer(JsonNode request) {
    var config = producerConfig(request);
    return get(PRODUCERS, config, key -> new KafkaProducer<>(config));
  }

  static Map<String, Object> producerConfig(JsonNode request) {
    var config = config(request, "client");
    config.put("key.serializer", ByteArraySerializer.class.getName());
    config.put("value.serializer", ByteArraySerializer.class.getName());
    config.put("acks", "all");
    config.put("enable.idempotence", "true");
    config.put("linger.ms", "5");
    config.put("batch.size", "131072");
    config.put("buffer.memory", "268435456");
    config.put("max.request.size", "209715200");
    config.put("compression.type", request.path("codec").asText("none"));
    config.putAll(config(request, "producer"));
    return config;
  }

  static Map<String, Object> config(JsonNode request, String field) {
    var config = new HashMap<String, Object>();
    request.path(field).properties().forEach(e -> config.put(e.getKey(), e.getValue().asText()));
    return config;
  }

  static long deadlineMs(JsonNode request) {
    return request.path("deadlineMs").asLong(30_000);
  }

  static byte[] bytes(JsonNode node) {
    return node == null || node.isNull() || node.isMissingNode() ? null : Base64.getDecoder().decode(node.asText());
  }

  static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static <V> V get(Map<Object, V> cache, Object key, Function<Object, V> make) {
    synchronized (cache) {
      // The access order of the LinkedHashMap below makes get() a write.
      var known = cache.get(key);
      if (known == null) {
        known = make.apply(key);
        cache.put(key, known);
      }
      return known;
    }
  }

  private static <V extends AutoCloseable> Map<Object, V> cache() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<Object, V> eldest) {
        if (size() <= KEPT) return false;
        var client = eldest.getValue();
        // Its cluster may be gone, so closing politely could take its whole timeout.
        new Thread(() -> close(client), "close").start();
        return true;
      }
    };
  }

  private static void close(AutoCloseable client) {
    try {
      if (client instanceof Admin admin) admin.close(Duration.ZERO);
      else if (client instanceof KafkaProducer<?, ?> producer) producer.close(Duration.ZERO);
      else client.close();
    } catch (Exception ignored) {
      // Nothing depends on a client that was thrown out.
    }
  }

  private OracleClients() {}
}
