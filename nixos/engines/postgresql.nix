# The store: PostgreSQL, over its socket. The kernel says who connects, so there is no password.
{
  config,
  lib,
  options,
  ...
}:
let
  cfg = config.services.watchkeeper;
  own = cfg.engines.postgresql;
  postgresql = config.services.postgresql;
  compat = import ../compat.nix { inherit config options; };
  createLocally = import ./create-locally.nix { inherit lib cfg; };

  port = postgresql.settings.port;
  otherPort = lib.optionalString (port != 5432) "&port=${toString port}";
in
{
  options.services.watchkeeper.engines.postgresql.createLocally = createLocally "PostgreSQL";

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.watchkeeper = {
      settings.backends.store = lib.mkDefault "postgres:///watchkeeper?host=/run/postgresql${otherPort}";
      enginesReady = [ compat.postgresqlReady ];
    };

    services.postgresql = {
      enable = true;
      ensureDatabases = [ "watchkeeper" ];
      ensureUsers = [
        {
          name = "watchkeeper";
          ensureDBOwnership = true;
        }
      ];
      # Eight connections of each role by default, and room for others.
      settings.max_connections = lib.mkDefault 200;
    };

    # A database that recovers from a crash may take minutes until it is ready; systemd would kill it in the middle.
    systemd.services.postgresql.serviceConfig.TimeoutStartSec = lib.mkDefault "infinity";
  };
}
