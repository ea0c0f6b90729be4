import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Consumer groups as the broker sees them: members, assignments and committed offsets. */
final class OracleGroups {
  static void register(Map<String, Oracle.Operation> operations) {
    operations.put("describeGroup", OracleGroups::describeGroup);
    operations.put("groupOffsets", OracleGroups::groupOffsets);
    operations.put("alterGroupOffsets", OracleGroups::alterGroupOffsets);
    operations.put("deleteGroup", OracleGroups::deleteGroup);
  }

  private static Object describeGroup(JsonNode request) throws Exception {
    var group = request.get("group").asText();
    var result = new LinkedHashMap<String, Object>();
    var members = new ArrayList<Map<String, Object>>();
    result.put("members", members);
    try {
      var found =
          OracleTopics.await(
                  request, OracleClients.admin(request).describeConsumerGroups(List.of(group)).all())
              .get(group);
      result.put("state", found.groupState().toString());
      result.put("type", found.type().toString());
      result.put("assignor", found.partitionAssignor());
      result.put("coordinator", found.coordinator().id());
      for (var member : found.members()) {
        var entry = new LinkedHashMap<String, Object>();
        entry.put("memberId", member.consumerId());
        entry.put("clientId", member.clientId());
        entry.put("groupInstanceId", member.groupInstanceId().orElse(null));
        var assignment = new TreeMap<String, List<Integer>>();
        for (var partition : member.assignment().topicPartitions()) {
          assignment.computeIfAbsent(partition.topic(), t -> new ArrayList<>()).add(partition.partition());
        }
        assignment.values().forEach(list -> list.sort(null));
        entry.put("assignment", assignment);
        members.add(entry);
      }
    } catch (ExecutionException error) {
      if (!(error.getCause() instanceof GroupIdNotFoundException)) throw error;
      result.put("state", "Dead");
      result.put("type", "Unknown");
      result.put("assignor", "");
      result.put("coordinator", -1);
    }
    return result;
  }

  private static Object groupOffsets(JsonNode request) throws Exception {
    var group = request.get("group").asText();
    var result = new TreeMap<String, Map<Integer, Object>>();
    var found =
        OracleTopics.await(
            request,
            OracleClients.admin(request).listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(group));
    found.forEach(
        (partition, committed) -> {
          if (committed == null) return;
          var entry = new LinkedHashMap<String, Object>();
          entry.put("offset", committed.offset());
          entry.put("metadata", committed.metadata());
          entry.put("leaderEpoch", committed.leaderEpoch().orElse(null));
          result.computeIfAbsent(partition.topic(), t -> new TreeMap<>()).put(partition.partition(), entry);
        });
    return result;
  }

  private static Object alterGroupOffsets(JsonNode request) throws Exception {
    var wanted = new HashMap<TopicPartition, OffsetAndMetadata>();
    for (var entry : request.get("offsets")) {
      wanted.put(
          new TopicPartition(entry.get("topic").asText(), entry.get("partition").asInt()),
          new OffsetAndMetadata(
              entry.get("offset").asLong(), Optional.empty(), entry.path("metadata").asText("")));
    }
    OracleTopics.await(
        request,
        OracleClients.admin(request).alterConsumerGroupOffsets(request.get("group").asText(), wanted).all());
    return wanted.size();
  }

  private static Object deleteGroup(JsonNode request) throws Exception {
    var group = request.get("group").asText();
    OracleTopics.await(request, OracleClients.admin(request).deleteConsumerGroups(List.of(group)).all());
    return group;
  }

  private OracleGroups() {}
}
