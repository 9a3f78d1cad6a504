import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;

/** A server of MongoDB's protocol, for tests: `PORT [FILE]`; without a file it stores everything in memory. */
public class MongoProtocolServer {
    /** The version it reports: current drivers refuse its default. */
    private static final class Version5 implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    public static void main(String[] arguments) {
        H2Backend backend = arguments.length > 1 ? new H2Backend(arguments[1]) : H2Backend.inMemory();
        MongoServer server = new MongoServer(backend.version(new Version5()));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
