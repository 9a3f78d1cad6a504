# Watchkeeper with the clients of all engines, its units, completions and manual pages.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
  pkg-config,
  openssl,
  rdkafka,
  # The commit that the executable reports.
  commit ? null,
  # Checks that need this package, for passthru.tests.
  tests ? { },
}:
let
  inherit (lib.importTOML ../Cargo.toml) workspace;

  # The version of librdkafka that the crate was written for: rdkafka-sys has the version "CRATE+LIBRDKAFKA".
  locked = lib.findFirst (
    package: package.name == "rdkafka-sys"
  ) (throw "Cargo.lock has no rdkafka-sys") (lib.importTOML ../Cargo.lock).package;
  librdkafka = lib.last (lib.splitString "+" locked.version);
  # An older librdkafka of nixpkgs would be refused, so the crate then builds its own.
  linked = lib.versionAtLeast rdkafka.version librdkafka;

  features = [ "tls" ] ++ lib.optional linked "linked-librdkafka";

  install = import ./install-units.nix;
in
rustPlatform.buildRustPackage {
  pname = "watchkeeper";
  inherit (workspace.package) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      # The settings of jemalloc.
      ../.cargo
      ../Cargo.lock
      ../Cargo.toml
      ../examples
      ../services
      ../systemd
      ../xtask
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  nativeBuildInputs = [
    installShellFiles
    pkg-config
  ];
  buildInputs = [ openssl ] ++ lib.optional linked rdkafka;

  cargoBuildFlags = [
    "--package"
    "watchkeeper"
  ];
  buildFeatures = features;
  env =
    lib.optionalAttrs (commit != null) { WATCHKEEPER_COMMIT = commit; }
    # Kernels there have pages of 4, 16 or 64 KiB, and jemalloc takes those of the builder unless told.
    // lib.optionalAttrs stdenv.hostPlatform.isAarch64 { JEMALLOC_SYS_WITH_LG_PAGE = "16"; };

  # The tests of the workspace need engines and a browser; `.ci/run` runs them.
  doCheck = false;
  doInstallCheck = true;

  postInstall = ''
    ${install.units}
    for shell in bash fish zsh; do
      $out/bin/watchkeeper completions $shell >watchkeeper.$shell
      installShellCompletion --cmd watchkeeper --$shell watchkeeper.$shell
    done
    mkdir manual
    $out/bin/watchkeeper manual manual
    installManPage manual/*
  '';
  installCheckPhase = ''
    runHook preInstallCheck
    $out/bin/watchkeeper --version
    for file in examples/watchkeeper.toml examples/rules.toml; do
      $out/bin/watchkeeper check-config $file
    done
    runHook postInstallCheck
  '';

  passthru = {
    inherit features tests;
  };

  meta = {
    description = "Observability and events for bare-metal Linux hosts, in one executable";
    license = lib.licenses.mit;
    mainProgram = "watchkeeper";
    platforms = lib.platforms.linux;
  };
}
