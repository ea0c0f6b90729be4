import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics, their partitions and watermarks, and the cluster they live in. */
final class OracleTopics {
  static void register(Map<String, Oracle.Operation> operations) {
    operations.put("createTopics", OracleTopics::createTopics);
    operations.put("deleteTopics", OracleTopics::deleteTopics);
    operations.put("addPartitions", OracleTopics::addPartitions);
    operations.put("alterTopicConfig", OracleTopics::alterTopicConfig);
    operations.put("deleteRecords", OracleTopics::deleteRecords);
    operations.put("describeTopic", OracleTopics::describeTopic);
    operations.put("describeCluster", OracleTopics::describeCluster);
    operations.put("listOffsets", OracleTopics::listOffsets);
    operations.put("moveLeader", OracleTopics::moveLeader);
  }

  private static Object createTopics(JsonNode request) throws Exception {
    var topics = new ArrayList<NewTopic>();
    var partitions = new LinkedHashMap<String, Integer>();
    for (var topic : request.get("topics")) {
      var name = topic.get("name").asText();
      int count = topic.path("partitions").asInt(1);
      var created =
          topic.hasNonNull("replicationFactor")
              ? new NewTopic(name, count, (short) topic.get("replicationFactor").asInt())
              : new NewTopic(name, Optional.of(count), Optional.empty());
      var configs = new HashMap<String, String>();
      topic.path("config").properties().forEach(e -> configs.put(e.getKey(), e.getValue().asText()));
      topics.add(created.configs(configs));
      partitions.put(name, count);
    }
    await(request, OracleClients.admin(request).createTopics(topics).all());
    awaitLeaders(request, partitions);
    return partitions;
  }

  private static Object deleteTopics(JsonNode request) throws Exception {
    var names = strings(request.get("topics"));
    await(request, OracleClients.admin(request).deleteTopics(names).all());
    return names;
  }

  private static Object addPartitions(JsonNode request) throws Exception {
    var topic = request.get("topic").asText();
    int total = request.get("total").asInt();
    var increase = Map.of(topic, NewPartitions.increaseTo(total));
    await(request, OracleClients.admin(request).createPartitions(increase).all());
    awaitLeaders(request, Map.of(topic, total));
    return total;
  }

  private static Object alterTopicConfig(JsonNode request) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, request.get("topic").asText());
    var changes = new ArrayList<AlterConfigOp>();
    OracleClients.config(request, "config")
        .forEach(
            (name, value) ->
                changes.add(
                    new AlterConfigOp(new ConfigEntry(name, value.toString()), AlterConfigOp.OpType.SET)));
    await(request, OracleClients.admin(request).incrementalAlterConfigs(Map.of(resource, changes)).all());
    return changes.size();
  }

  private static Object deleteRecords(JsonNode request) throws Exception {
    var before = new HashMap<TopicPartition, RecordsToDelete>();
    var topic = request.get("topic").asText();
    request
        .get("beforeOffsets")
        .properties()
        .forEach(
            e ->
                before.put(
                    new TopicPartition(topic, Integer.parseInt(e.getKey())),
                    RecordsToDelete.beforeOffset(e.getValue().asLong())));
    await(request, OracleClients.admin(request).deleteRecords(before).all());
    return before.size();
  }

  private static Object describeTopic(JsonNode request) throws Exception {
    var result = new ArrayList<Map<String, Object>>();
    for (var partition : describe(request, request.get("topic").asText()).partitions()) {
      var entry = new LinkedHashMap<String, Object>();
      entry.put("partition", partition.partition());
      entry.put("leader", partition.leader() == null ? -1 : partition.leader().id());
      entry.put("replicas", partition.replicas().stream().map(Node::id).toList());
      entry.put("isr", partition.isr().stream().map(Node::id).toList());
      result.add(entry);
    }
    return result;
  }

  private static Object describeCluster(JsonNode request) throws Exception {
    var cluster = OracleClients.admin(request).describeCluster();
    var nodes = new TreeMap<Integer, String>();
    for (var node : await(request, cluster.nodes())) {
      nodes.put(node.id(), node.host() + ":" + node.port());
    }
    return Map.of(
        "clusterId", await(request, cluster.clusterId()),
        "controller", await(request, cluster.controller()).id(),
        "nodes", nodes);
  }

  private static Object listOffsets(JsonNode request) throws Exception {
    var topic = request.get("topic").asText();
    var spec = spec(request.get("at"));
    var asked = new HashMap<TopicPartition, OffsetSpec>();
    for (var partition : describe(request, topic).partitions()) {
      asked.put(new TopicPartition(topic, partition.partition()), spec);
    }
    var offsets = new TreeMap<Integer, Long>();
    await(request, OracleClients.admin(request).listOffsets(asked).all())
        .forEach((partition, found) -> offsets.put(partition.partition(), found.offset()));
    return offsets;
  }

  /** Makes a broker the leader of a partition: first in the replica list, then a preferred election. */
  private static Object moveLeader(JsonNode request) throws Exception {
    var admin = OracleClients.admin(request);
    var topic = request.get("topic").asText();
    int partition = request.get("partition").asInt();
    int leader = request.get("leader").asInt();
    var where = new TopicPartition(topic, partition);
    var replicas = new ArrayList<Integer>(List.of(leader));
    for (var node : describe(request, topic).partitions().get(partition).replicas()) {
      if (node.id() != leader) replicas.add(node.id());
    }
    var wanted = Map.of(where, Optional.of(new NewPartitionReassignment(replicas)));
    await(request, admin.alterPartitionReassignments(wanted).all());
    until(
        request,
        topic + "-" + partition + " led by " + leader,
        () -> {
          try {
            await(request, admin.electLeaders(ElectionType.PREFERRED, Set.of(where)).all());
          } catch (ExecutionException error) {
            if (!(error.getCause() instanceof ElectionNotNeededException)) throw error;
          }
          var now = describe(request, topic).partitions().get(partition).leader();
          return now != null && now.id() == leader;
        });
    return leader;
  }

  static TopicDescription describe(JsonNode request, String topic) throws Exception {
    return await(request, OracleClients.admin(request).describeTopics(List.of(topic)).allTopicNames()).get(topic);
  }

  static <T> T await(JsonNode request, KafkaFuture<T> future) throws Exception {
    return future.get(OracleClients.deadlineMs(request), TimeUnit.MILLISECONDS);
  }

  static List<String> strings(JsonNode array) {
    var result = new ArrayList<String>();
    array.forEach(value -> result.add(value.asText()));
    return result;
  }

  private static OffsetSpec spec(JsonNode at) {
    if (at.isNumber()) return OffsetSpec.forTimestamp(at.asLong());
    return switch (at.asText()) {
      case "earliest" -> OffsetSpec.earliest();
      case "latest" -> OffsetSpec.latest();
      case "maxTimestamp" -> OffsetSpec.maxTimestamp();
      default -> throw new IllegalArgumentException(
          "at: expected earliest, latest, maxTimestamp or a timestamp in milliseconds, got " + at);
    };
  }

  /**
   * createTopics answers before the brokers know the topic; a test that starts then meets "unknown topic".
   *
   * <p>Having a leader is not enough: the leader makes its logs one after the other. One that refuses the first batch of
   * an idempotent producer for that reason takes the second, and then the first is out of sequence for ever. Asking for
   * offsets is answered by the leader itself, and repeated by the client until it is.
   */
  private static void awaitLeaders(JsonNode request, Map<String, Integer> partitions) throws Exception {
    for (var topic : partitions.entrySet()) {
      until(
          request,
          "a leader for each of the " + topic.getValue() + " partitions of " + topic.getKey(),
          () -> {
            try {
              var known = describe(request, topic.getKey()).partitions();
              return known.size() == topic.getValue()
                  && known.stream().allMatch(p -> p.leader() != null && !p.leader().isEmpty());
            } catch (ExecutionException error) {
              if (error.getCause() instanceof UnknownTopicOrPartitionException) return false;
              throw error;
            }
          });
    }
    var asked = new HashMap<TopicPartition, OffsetSpec>();
    partitions.forEach(
        (topic, count) -> {
          for (int p = 0; p < count; p++) asked.put(new TopicPartition(topic, p), OffsetSpec.latest());
        });
    until(
        request,
        "the leaders of " + partitions.keySet() + " to have made their logs",
        () -> {
          try {
            await(request, OracleClients.admin(request).listOffsets(asked).all());
            return true;
          } catch (ExecutionException error) {
            // Of several brokers the one that was asked for the leaders may not know the topic yet.
            if (error.getCause() instanceof UnknownTopicOrPartitionException) return false;
            throw error;
          }
        });
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void until(JsonNode request, String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + OracleClients.deadlineMs(request) * 1_000_000;
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("waited " + OracleClients.deadlineMs(request) + " ms for " + what);
      }
      Thread.sleep(10);
    }
  }

  private OracleTopics() {}
}
