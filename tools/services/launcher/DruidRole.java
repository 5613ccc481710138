import com.google.inject.Injector;
import java.util.Properties;
import org.apache.druid.cli.CliBroker;
import org.apache.druid.cli.CliCoordinator;
import org.apache.druid.cli.CliHistorical;
import org.apache.druid.cli.CliIndexer;
import org.apache.druid.cli.ServerRunnable;
import org.apache.druid.guice.StartupInjectorBuilder;
import org.apache.druid.java.util.common.lifecycle.Lifecycle;

/** One Druid server; DruidDev loads this class anew for each, in that server's class loader. */
public class DruidRole {
  public static void run(String role, Properties props, Runnable up) {
    final ServerRunnable server = create(role, up);
    new StartupInjectorBuilder().withProperties(props).withExtensions().build().injectMembers(server);
    server.run(); // returns when the server has stopped
  }

  private static ServerRunnable create(String role, Runnable up) {
    switch (role) {
      case "coordinator": return new CliCoordinator() {
        @Override public Lifecycle initLifecycle(Injector i) { final Lifecycle l = super.initLifecycle(i); up.run(); return l; } };
      case "broker": return new CliBroker() {
        @Override public Lifecycle initLifecycle(Injector i) { final Lifecycle l = super.initLifecycle(i); up.run(); return l; } };
      case "historical": return new CliHistorical() {
        @Override public Lifecycle initLifecycle(Injector i) { final Lifecycle l = super.initLifecycle(i); up.run(); return l; } };
      case "indexer": return new CliIndexer() {
        @Override public Lifecycle initLifecycle(Injector i) { final Lifecycle l = super.initLifecycle(i); up.run(); return l; } };
      default: throw new IllegalArgumentException("unknown role " + role);
    }
  }
}
