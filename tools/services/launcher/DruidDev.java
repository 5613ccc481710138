import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * Runs a set of Druid servers and ZooKeeper in one JVM, started in the order given. A server that cannot start ends the JVM: no half cluster.
 *
 * Usage: DruidDev CONF_DIR ROLE... where ROLE is zk, coordinator, broker, historical or indexer.
 * CONF_DIR holds zk.properties, _common/common.runtime.properties and ROLE/runtime.properties.
 * System properties: dev.lib (folder of Druid's jars), dev.own (pattern of the jars' names that each server loads for itself; the others
 * are on the class path), dev.role.classes (folder of the compiled DruidRole).
 *
 * Each server gets a class loader of its own: Druid registers Guice's GuiceFilter by class, and that filter keeps its pipeline in a
 * static field, so two servers of one loader would both answer with the last one's endpoints ("Multiple Servlet injectors detected").
 */
public class DruidDev {
  private static final int START_TIMEOUT_SECONDS = 120;
  private static final int ZOOKEEPER_TICK_MS = 2000;
  private static final int ZOOKEEPER_MAX_CONNECTIONS = 200;

  public static void main(String[] args) throws Exception {
    final Path conf = Path.of(args[0]);
    final URL[] own = ownJars();
    for (String role : List.of(args).subList(1, args.length)) {
      if (role.equals("zk")) startZooKeeper(load(conf.resolve("zk.properties")));
      else startServer(role, conf, own);
    }
    Thread.currentThread().join();
  }

  private static URL[] ownJars() throws Exception {
    final Pattern own = Pattern.compile(System.getProperty("dev.own"));
    final List<URL> urls = new ArrayList<>();
    urls.add(Path.of(System.getProperty("dev.role.classes")).toUri().toURL());
    try (var files = Files.list(Path.of(System.getProperty("dev.lib")))) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        if (own.matcher(file.getFileName().toString()).find()) urls.add(file.toUri().toURL());
      }
    }
    return urls.toArray(new URL[0]);
  }

  private static void startServer(String role, Path conf, URL[] own) throws Exception {
    final Properties settings = new Properties();
    settings.putAll(System.getProperties());
    settings.putAll(load(conf.resolve("_common/common.runtime.properties")));
    settings.putAll(load(conf.resolve(role).resolve("runtime.properties")));
    final CountDownLatch up = new CountDownLatch(1);
    final URLClassLoader loader = new URLClassLoader("druid-" + role, own, DruidDev.class.getClassLoader());
    final Thread thread = new Thread(() -> run(role, loader, settings, up::countDown), "druid-" + role);
    thread.setContextClassLoader(loader);
    thread.start();
    if (!up.await(START_TIMEOUT_SECONDS, TimeUnit.SECONDS)) fail(role, new IllegalStateException("not up in time"));
  }

  private static void run(String role, ClassLoader loader, Properties settings, Runnable up) {
    try {
      final Method run = loader.loadClass("DruidRole").getMethod("run", String.class, Properties.class, Runnable.class);
      run.invoke(null, role, settings, up);
    } catch (Throwable e) {
      fail(role, e);
    }
  }

  private static void fail(String role, Throwable cause) {
    System.err.println("DruidDev: " + role + " failed");
    cause.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private static Properties load(Path file) throws Exception {
    final Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    }
    return properties;
  }

  private static void startZooKeeper(Properties settings) throws Exception {
    final Path dir = Files.createDirectories(Path.of(settings.getProperty("dataDir")));
    final var address =
        new InetSocketAddress(InetAddress.getByName(settings.getProperty("clientPortAddress")), Integer.parseInt(settings.getProperty("clientPort")));
    final var server = new ZooKeeperServer(dir.toFile(), dir.toFile(), ZOOKEEPER_TICK_MS);
    NIOServerCnxnFactory.createFactory(address, ZOOKEEPER_MAX_CONNECTIONS).startup(server);
  }
}
