# What holds for evaluated configurations. Each returns a list of what does not.
{ lib }:
let
  unless = condition: problem: lib.optional (!condition) problem;

  text = config: unit: config.systemd.units.${unit}.text or "";

  # The directives of a unit that the module adds to one of systemd/, with the variables of the environment.
  directives =
    unitText:
    lib.unique (
      lib.concatMap (
        line:
        let
          found = builtins.match "(Environment=\"[A-Z_]+|[A-Za-z-]+)=.*" line;
        in
        lib.optional (found != null) (lib.removePrefix "Environment=\"" (lib.head found))
      ) (lib.splitString "\n" unitText)
    );

  # All that NixOS may add to the units of systemd/.
  listed = [
    "After" # the engines on this host
    "X-Reload-Triggers" # the configuration file
    "X-Restart-Triggers" # the settings that a reload does not apply
    "X-StopIfChanged"
    "LOCALE_ARCHIVE" # set by NixOS for each service
    "PATH"
    "TZDIR"
    "LoadCredential" # services.watchkeeper.credentials
    "WantedBy" # NixOS ignores the [Install] sections of packages
  ];

  ownUnits =
    config:
    lib.filterAttrs (
      name: unit:
      lib.any (prefix: lib.hasPrefix prefix name) [
        "watchkeeper@"
        "watchkeeper-up"
        "watchkeeper-failed@"
        "watchkeeper.target"
      ]
    ) config.systemd.units;

  unitsAreThoseOfThePackage =
    config:
    lib.concatLists (
      lib.mapAttrsToList (
        name: unit:
        unless (unit.overrideStrategy == "asDropin") "${name} replaces the packaged unit"
        ++ map (extra: "${name} sets ${extra}, which is not listed") (
          lib.subtractLists listed (directives unit.text)
        )
      ) (ownUnits config)
    );

  rolesAreStarted =
    config:
    lib.concatMap (
      role:
      let
        unit = "watchkeeper@${role}.service";
      in
      unless (
        config.systemd.units.${unit}.wantedBy or [ ] == [ "watchkeeper.target" ]
      ) "${unit} is not wanted by watchkeeper.target"
    ) config.services.watchkeeper.enabledRoles;

  portsAreUnique =
    config:
    let
      inherit (config.services.watchkeeper.listeners) ports;
      numbers = map (listener: listener.port) ports;
    in
    unless (lib.allUnique numbers) "ports are used twice: ${toString numbers}"
    ++ map (port: "a unit listens on or refers to port ${toString port}, which the module does not know of") (
      lib.subtractLists numbers (mentioned config)
    );

  # Every port after a loopback address in the text of a unit and in the settings.
  mentioned =
    config:
    let
      texts =
        lib.mapAttrsToList (_: unit: unit.text) config.systemd.units
        ++ [ (builtins.toJSON config.services.watchkeeper.settings) ]
        ++ lib.optional config.services.prometheus.enable (
          builtins.toJSON (map (job: job.static_configs) config.services.prometheus.scrapeConfigs)
        );
      parts = lib.concatMap (builtins.split "(127\\.0\\.0\\.1|localhost|\\[::1]):([0-9]+)") texts;
    in
    lib.unique (map (part: lib.toInt (lib.elemAt part 1)) (lib.filter lib.isList parts));

  firewallIsShut =
    config:
    let
      inherit (config.networking.firewall) allowedTCPPorts allowedUDPPorts;
      opened = allowedTCPPorts ++ allowedUDPPorts;
      allowed = lib.optionals config.services.watchkeeper.nginx.openFirewall [
        80
        443
      ];
    in
    map (port: "port ${toString port} is open in the firewall") (lib.subtractLists allowed opened);

  noSecretInTheStore =
    config:
    lib.concatLists (
      lib.mapAttrsToList (
        name: credential: unless (!lib.hasPrefix builtins.storeDir credential.file) "${name} is in the store"
      ) config.services.watchkeeper.credentials
    );
in
{
  inherit text unless;

  all =
    config:
    unitsAreThoseOfThePackage config
    ++ rolesAreStarted config
    ++ portsAreUnique config
    ++ firewallIsShut config
    ++ noSecretInTheStore config;

  # The unit of an engine is not there.
  without = name: config: unless (!config.systemd.services ? ${name}) "${name}.service is there";
}
