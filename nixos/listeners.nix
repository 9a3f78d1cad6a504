# The addresses at which the processes of this host listen, as the executable derives them from the configuration.
{ lib, cfg }:
let
  table = import ./table.nix { inherit lib; };
  inherit (cfg) settings;

  # HOST:PORT, also with an IPv6 address in brackets.
  split =
    address:
    let
      parts = builtins.match "(.*):([0-9]+)" address;
    in
    if parts == null then
      throw "a listen address is HOST:PORT, not ${address}"
    else
      {
        host = lib.elemAt parts 0;
        port = lib.toInt (lib.elemAt parts 1);
      };

  at =
    option: address: shift:
    let
      found = split address;
    in
    {
      option = "services.watchkeeper.settings.${option}${
        lib.optionalString (shift > 0) " (instance ${toString (shift / 100 + 1)})"
      }";
      port = found.port + shift;
      address = "${found.host}:${toString (found.port + shift)}";
    };

  http = at "http.listen" (settings.http.listen or "127.0.0.1:8460");
  grpc = at "grpc.listen" (settings.grpc.listen or "127.0.0.1:8461");

  # Syslog listens only where it is told to. UDP and TCP may share a number; so UDP is listed only if it does not.
  syslog =
    shift:
    let
      set = settings.ingest.syslog or { };
      of = key: lib.optional (set ? ${key}) (at "ingest.syslog.${key}" set.${key} shift);
      portOf = key: (lib.head (of key)).port;
      isTcp = set ? udp && set ? tcp && portOf "udp" == portOf "tcp";
    in
    of "tcp" ++ of "tls" ++ lib.optionals (!isTcp) (of "udp");

  ofRole =
    name:
    let
      role = table.of.${name};
      listen = key: port: at "listen.${key}" (settings.listen.${key} or "127.0.0.1:${toString port}");
    in
    if name == table.front then
      {
        inherit http grpc;
      }
    else
      {
        http = listen name role.http_port;
      }
      // lib.optionalAttrs (role ? grpc_port) { grpc = listen "${name}_grpc" role.grpc_port; };

  shifts = name: map (number: 100 * (number - 1)) (lib.range 1 cfg.roles.${name}.instances);
  everyInstance = name: of: map of (shifts name);
in
if cfg.mode == "embedded" then
  {
    # The first HTTP listener, for requests to a role of this host.
    http = lib.genAttrs table.names (_: (http 0).address);
    # Those with metrics, by the name of the process.
    metrics.up = [ (http 0).address ];
    ports = [
      (http 0)
      (grpc 0)
    ]
    ++ syslog 0;
  }
else
  {
    http = lib.genAttrs table.names (name: ((ofRole name).http 0).address);
    metrics = lib.genAttrs cfg.enabledRoles (
      name: everyInstance name (shift: ((ofRole name).http shift).address)
    );
    ports = lib.concatMap (
      name: lib.concatMap (listen: everyInstance name listen) (lib.attrValues (ofRole name))
    ) cfg.enabledRoles
    # All instances of ingest would listen at the same addresses.
    ++ lib.optionals (lib.elem "ingest" cfg.enabledRoles) (lib.concatMap (_: syslog 0) (shifts "ingest"));
  }
