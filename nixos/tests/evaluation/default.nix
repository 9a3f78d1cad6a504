# Evaluates configurations against the modules of NixOS, without building anything: what `../../evaluate` runs, and a check
# of the flake.
{
  # A checkout of nixpkgs.
  nixpkgs,
  system ? "x86_64-linux",
}:
let
  lib = import (nixpkgs + "/lib");
  pkgs = import nixpkgs {
    inherit system;
    config.allowUnfree = true;
    overlays = lib.optional (!lib.pathExists haskell) withoutHaskell;
  };

  # A partial checkout may lack the largest generated file. Systems are built with ShellCheck, which is in it.
  haskell = nixpkgs + "/pkgs/development/haskell-modules/hackage-packages.nix";
  withoutHaskell =
    final: prev:
    lib.genAttrs
      [
        "shellcheck"
        "shellcheck-minimal"
      ]
      (
        name:
        derivation {
          inherit name system;
          builder = "/bin/false";
        }
        // {
          compiler.bootstrapAvailable = true;
        }
      );

  # Evaluation needs the path of a package, not the package.
  machine =
    { pkgs, ... }:
    {
      services.watchkeeper.package = pkgs.runCommand "watchkeeper" { meta.mainProgram = "watchkeeper"; } "";
    };
  hardware = {
    nixpkgs.pkgs = pkgs;
    fileSystems."/" = {
      device = "/dev/disk/by-label/nixos";
      fsType = "ext4";
    };
    boot.loader.grub.enable = false;
    system.stateVersion = lib.trivial.release;
    documentation.enable = false;
  };

  evaluate =
    modules:
    import (nixpkgs + "/nixos/lib/eval-config.nix") {
      inherit lib;
      system = null;
      modules = [
        hardware
        machine
        ../../module.nix
      ]
      ++ modules;
    };

  failed = config: map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);

  promises = import ./promises.nix { inherit lib; };
  everyCase = promises.all;
  right = import ./right.nix;
  wrong = import ./wrong.nix;

  # What is wrong with a configuration that is right: nothing.
  reportRight =
    _:
    {
      module,
      promises ? (_: [ ]),
    }:
    let
      inherit (evaluate [ module ]) config;
      said = failed config ++ config.warnings;
    in
    {
      problems =
        if said != [ ] then
          said
        else
          lib.optionals config.services.watchkeeper.enable (everyCase config) ++ promises config;
      inherit (config.services.watchkeeper) settings;
      roles = lib.optionals config.services.watchkeeper.enable config.services.watchkeeper.enabledRoles;
    };
  # The messages of a configuration that is wrong. Those of the module system itself end the evaluation: they are seen
  # only by who runs it.
  reportWrong = _: { module, ... }: failed (evaluate [ module ]).config;

  # The VM tests, as far as they can be evaluated: what their machines refuse, and their scripts.
  vmTests = lib.mapAttrs (
    _: module:
    let
      inherit
        ((import (nixpkgs + "/nixos/lib") { inherit lib; }).evalTest {
          imports = [ module ];
          hostPkgs = pkgs;
          node.pkgs = pkgs;
          defaults.documentation.enable = false;
        })
        config
        ;
      ofNode =
        name: node:
        let
          said = failed node ++ node.warnings;
        in
        map (message: "${name}: ${message}") (
          if said != [ ] then said else promises.all node
        );
    in
    {
      problems = lib.concatLists (lib.mapAttrsToList ofNode config.nodes);
      script = config.testScriptString;
    }
  ) (import ../. { inherit lib machine; });
in
{
  inherit vmTests;
  right = lib.mapAttrs reportRight (right {
    inherit lib promises;
  });
  wrong = lib.mapAttrs reportWrong wrong;
  # Those that do not end the evaluation, in one.
  wrongWithMessages = lib.mapAttrs reportWrong (lib.filterAttrs (_: case: !(case.ends or false)) wrong);
  expected = lib.mapAttrs (_: { message, ... }: message) wrong;
  ending = lib.attrNames (lib.filterAttrs (_: case: case.ends or false) wrong);
  release = "${lib.version} (PostgreSQL ${pkgs.postgresql.version}, Grafana ${pkgs.grafana.version})";

  reference = import ../../reference.nix {
    inherit lib;
    inherit (evaluate [ ]) options;
  };

  # For a check of the flake: the problems of all cases.
  problems =
    lib.concatLists (
      lib.mapAttrsToList (name: of: map (problem: "${name}: ${problem}") of.problems) (
        lib.mapAttrs reportRight (right { inherit lib promises; })
      )
    )
    ++ lib.concatLists (
      lib.mapAttrsToList (
        name: case:
        let
          tried = builtins.tryEval (lib.deepSeq (reportWrong name case) (reportWrong name case));
        in
        lib.optional (
          tried.success && !lib.any (lib.hasInfix case.message) tried.value
        ) "${name}: is not refused with: ${case.message}"
      ) wrong
    );
}
