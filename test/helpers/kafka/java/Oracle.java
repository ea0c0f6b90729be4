import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What tests ask of Kafka through Kafka's own Java clients: a second, independent opinion about what is in a topic or
 * a group, and a producer of every message shape there is.
 *
 * One JVM per test run listens on loopback and prints its port; every connection carries one JSON object per line:
 *
 *   {"id": 7, "op": "createTopics", "client": {"bootstrap.servers": "..."}, ...}
 *   {"id": 7, "result": ...}  or  {"id": 7, "error": {"type": "TopicExistsException", "message": "..."}}
 *
 * Bytes are base64 strings, null is null. Requests of one connection run concurrently; whoever needs an order waits
 * for the answer before asking again.
 */
public final class Oracle {
  interface Operation {
    Object run(JsonNode request) throws Exception;
  }

  static final ObjectMapper JSON = new ObjectMapper();

  static {
    // Jackson refuses strings above 20 MB by default; a 100 MB message is a fair test.
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build());
  }

  private static final Map<String, Operation> OPERATIONS = new HashMap<>();
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            var thread = new Thread(task, "request");
            thread.setDaemon(true);
            return thread;
          });

  public static void main(String[] args) throws Exception {
    OracleTopics.register(OPERATIONS);
    OracleGroups.register(OPERATIONS);
    OracleProduce.register(OPERATIONS);
    OracleRead.register(OPERATIONS);
    try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      System.out.println("PORT " + server.getLocalPort());
      while (true) {
        var socket = server.accept();
        THREADS.submit(() -> serve(socket));
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket;
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 1 << 16);
        var out =
            new BufferedWriter(
                new OutputStreamWriter(socket.getOutputStream(), StandardCharsets.UTF_8), 1 << 16)) {
      socket.setTcpNoDelay(true);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        var request = JSON.readTree(line);
        THREADS.submit(() -> answer(request, out));
      }
    } catch (IOException closed) {
      // The test process went away; nobody is left to tell.
    }
  }

  private static void answer(JsonNode request, Writer out) {
    ObjectNode response = JSON.createObjectNode();
    response.set("id", request.get("id"));
    try {
      var name = request.path("op").asText();
      var operation = OPERATIONS.get(name);
      if (operation == null) {
        throw new IllegalArgumentException("op: expected one of " + OPERATIONS.keySet() + ", got " + name);
      }
      response.set("result", JSON.valueToTree(operation.run(request)));
    } catch (Throwable thrown) {
      var cause = thrown instanceof ExecutionException && thrown.getCause() != null ? thrown.getCause() : thrown;
      response
          .putObject("error")
          .put("type", cause.getClass().getSimpleName())
          .put("message", String.valueOf(cause.getMessage()));
    }
    synchronized (out) {
      try {
        out.write(JSON.writeValueAsString(response));
        out.write('\n');
        out.flush();
      } catch (IOException closed) {
        // As in serve().
      }
    }
  }

  private Oracle() {}
}
