import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.logging.LogManager;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.command.CommandFactory;
import liquibase.command.core.AbstractUpdateCommandStep;
import liquibase.executor.ExecutorService;
import liquibase.integration.commandline.LiquibaseCommandLine;
import liquibase.lockservice.LockServiceFactory;

/**
 * Runs many commands of the real tool in one JVM. Requests on stdin: a count of arguments, then each as length and UTF-8 bytes (all
 * integers four bytes, big-endian). Answers on stdout: exit code, then stdout and stderr of the command, each with its length.
 */
public final class WarmLiquibase {
  public static void main(String[] none) throws Exception {
    DataInputStream in = new DataInputStream(System.in);
    DataOutputStream out = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
    while (true) {
      int count;
      try {
        count = in.readInt();
      } catch (java.io.EOFException end) {
        return;
      }
      String[] args = new String[count];
      for (int at = 0; at < count; at++) {
        args[at] = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
      }
      ByteArrayOutputStream stdout = new ByteArrayOutputStream();
      ByteArrayOutputStream stderr = new ByteArrayOutputStream();
      int code = run(args, stdout, stderr);
      out.writeInt(code);
      write(out, stdout);
      write(out, stderr);
      out.flush();
    }
  }

  private static int run(String[] args, ByteArrayOutputStream stdout, ByteArrayOutputStream stderr) throws Exception {
    System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
    try {
      return new LiquibaseCommandLine().execute(args);
    } catch (Throwable thrown) {
      thrown.printStackTrace();
      return 70;
    } finally {
      forget();
      System.out.flush();
      System.err.flush();
    }
  }

  /** What the tool keeps between commands, because it expects to run one. */
  private static void forget() throws Exception {
    Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).resetAll();
    Scope.getCurrentScope().getSingleton(ExecutorService.class).reset();
    LockServiceFactory.getInstance().resetAll();
    LogManager.getLogManager().reset();
    CommandFactory commands = Scope.getCurrentScope().getSingleton(CommandFactory.class);
    Object steps = field(CommandFactory.class, "allInstances").get(commands);
    if (steps == null) return;
    for (Object step : (Iterable<?>) steps) {
      if (step instanceof AbstractUpdateCommandStep) {
        ((Map<?, ?>) field(AbstractUpdateCommandStep.class, "upToDateFastCheck").get(step)).clear();
      }
    }
  }

  private static Field field(Class<?> owner, String name) throws Exception {
    Field field = owner.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  private static void write(DataOutputStream out, ByteArrayOutputStream bytes) throws Exception {
    out.writeInt(bytes.size());
    bytes.writeTo(out);
  }
}
