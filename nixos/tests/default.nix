# The tests of ../../vm-tests as NixOS tests, and those that only NixOS has: modules for `pkgs.testers.runNixOSTest`.
{
  lib,
  # What every machine imports beside the module: the package.
  machine ? { },
}:
let
  directory = ../../vm-tests;
  table = import ../table.nix { inherit lib; };
  onNixos = lib.filterAttrs (
    _: test:
    lib.elem "nixos" (
      test.runners or [
        "container"
        "nixos"
      ]
    )
  ) (lib.importTOML (directory + "/tests.toml"));

  # The same start as in the container: everything in one process, with the engines of the test beside it.
  ofMachine =
    engines:
    { lib, pkgs, ... }:
    {
      imports = [
        ../module.nix
        machine
      ];
      services.watchkeeper = {
        enable = true;
        mode = "embedded";
        engines = lib.genAttrs engines (_: {
          createLocally = true;
        });
        # The scripts write the configuration.
        settings.backends = lib.mkForce { };
      };
      # As in Debian.
      services.redis.servers.watchkeeper.port = 6379;
      systemd.services.ferretdb.aliases = lib.mkIf (lib.elem "mongodb" engines) [ "mongodb.service" ];
      systemd.tmpfiles.rules = [ "L+ /bin/bash - - - - /run/current-system/sw/bin/bash" ];
      environment.systemPackages = [
        pkgs.curl
        pkgs.jq
        pkgs.nginx
        pkgs.openssl
        pkgs.python3
      ];
      virtualisation.memorySize = if engines == [ ] then 1024 else 3072;
      virtualisation.diskSize = 4096;
    };

  names = test: test.machines or [ "machine" ];

  # The engines run on the first machine.
  nodes =
    test:
    lib.listToAttrs (
      lib.imap0 (
        at: name: lib.nameValuePair name (ofMachine (if at == 0 then test.engines or [ ] else [ ]))
      ) (names test)
    );

  ofFile = name: test: {
    name = "watchkeeper-${name}";
    nodes = nodes test;
    testScript = ''
      runner = "nixos"
      engines = ${builtins.toJSON (test.engines or [ ])}
      PORTS = ${builtins.toJSON (lib.mapAttrs (_: role: role.http_port) table.of)}
      machines = [${lib.concatStringsSep ", " (names test)}]

    ''
    + lib.concatMapStringsSep "\n" (file: builtins.readFile (directory + "/${file}.py")) [
      "common"
      name
    ];
    # The scripts have no annotations.
    skipTypeCheck = true;
  };
in
lib.mapAttrs ofFile onNixos
// {
  dashboards = import ./dashboards.nix { inherit lib machine; };
}
