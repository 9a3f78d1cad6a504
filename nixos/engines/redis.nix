# The latest values: Redis, over its socket.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.engines.redis;
  redis = config.services.redis.servers.watchkeeper;
  createLocally = import ./create-locally.nix { inherit lib cfg; };
in
{
  options.services.watchkeeper.engines.redis.createLocally =
    createLocally "Redis (`services.redis.servers.watchkeeper`)";

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.watchkeeper = {
      settings.backends.cache = lib.mkDefault "redis+unix://${redis.unixSocket}";
      enginesReady = [ "redis-watchkeeper.service" ];
    };

    services.redis.servers.watchkeeper = {
      enable = true;
      # No TCP.
      port = lib.mkDefault 0;
      unixSocket = lib.mkDefault "/run/redis-watchkeeper/redis.sock";
      unixSocketPerm = lib.mkDefault 660;
    };

    users.users.watchkeeper.extraGroups = [ redis.group ];
  };
}
