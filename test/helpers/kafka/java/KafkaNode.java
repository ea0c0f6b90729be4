import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/**
 * One Kafka node (broker and controller) in one JVM: formats its directory if that was not done yet, starts, prints
 * READY on stdout and runs until it is killed.
 *
 * Kafka's own scripts need two JVMs for this (kafka-storage.sh, then kafka-server-start.sh), which doubles the start
 * time, and say only in the log when the broker takes requests.
 *
 * Arguments: the properties file, the cluster id, then one SCRAM record per user and mechanism, as kafka-storage.sh
 * takes them behind --add-scram.
 */
public final class KafkaNode {
  public static void main(String[] args) {
    try {
      run(args);
    } catch (Throwable error) {
      // One line on stdout is what the parent shows; the trace is for the log.
      System.out.println("FAILED " + String.valueOf(error).replace('\n', ' '));
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static void run(String[] args) throws Exception {
    var file = args[0];
    format(file, args);
    var properties = new Properties();
    try (InputStream in = new FileInputStream(file)) {
      properties.load(in);
    }
    var server = new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    // Returns when the broker is unfenced, that is, when it takes requests.
    server.startup();
    System.out.println("READY");
    server.awaitShutdown();
  }

  private static void format(String file, String[] args) {
    var command = new ArrayList<>(List.of("format", "-t", args[1], "-c", file, "--ignore-formatted"));
    for (int i = 2; i < args.length; i++) {
      command.add("--add-scram");
      command.add(args[i]);
    }
    var output = new ByteArrayOutputStream();
    int code = StorageTool.execute(command.toArray(new String[0]), new PrintStream(output, true));
    if (code != 0) {
      throw new IllegalStateException("formatting failed: " + output);
    }
  }

  private KafkaNode() {}
}
