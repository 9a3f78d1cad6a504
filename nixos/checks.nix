# The checks of the flake.
{
  self,
  pkgs,
  package,
  usePackage,
}:
let
  inherit (pkgs) lib;

  vmTests = lib.mapAttrs' (
    name: test: lib.nameValuePair "vm-${name}" (pkgs.testers.runNixOSTest test)
  ) (import ./tests { inherit lib; machine = usePackage; });

  evaluation = import ./tests/evaluation {
    nixpkgs = pkgs.path;
    inherit (pkgs.stdenv.hostPlatform) system;
  };

  rules = ../dashboards/prometheus;
in
vmTests
// {
  inherit package;

  # Warnings are errors.
  clippy = package.overrideAttrs (old: {
    pname = "watchkeeper-clippy";
    src = self;
    nativeBuildInputs = old.nativeBuildInputs ++ [ pkgs.clippy ];
    buildPhase = ''
      runHook preBuild
      cargo clippy --offline --workspace --all-targets --features ${
        lib.concatMapStringsSep "," (feature: "watchkeeper/${feature}") old.passthru.features
      } -- --deny warnings
      runHook postBuild
    '';
    installPhase = "touch $out";
    postInstall = "";
    doInstallCheck = false;
  });

  # The same cases as `nixos/evaluate`.
  evaluation = pkgs.runCommand "watchkeeper-evaluation" { } ''
    ${lib.optionalString (evaluation.problems != [ ]) ''
      printf '%s\n' ${lib.escapeShellArgs evaluation.problems}
      exit 1
    ''}
    diff ${pkgs.writeText "nixos-options.md" evaluation.reference} ${../docs/nixos-options.md}
    touch $out
  '';

  # The executable accepts what the module writes.
  configuration = self.nixosConfigurations.example.config.services.watchkeeper.configFile;
}
// lib.optionalAttrs (lib.pathExists (rules + "/rules.yml")) {
  rules = pkgs.runCommand "watchkeeper-rules" { nativeBuildInputs = [ pkgs.prometheus.cli ]; } ''
    cd ${rules}
    promtool check rules rules.yml
    promtool test rules rules_test.yml
    touch $out
  '';
}
