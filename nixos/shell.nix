# What `cargo xtask test` uses: compilers, the engines, a browser, and what fetches their libraries.
{ pkgs }:
pkgs.mkShell {
  packages = [
    pkgs.cargo
    pkgs.cargo-deny
    pkgs.chromedriver
    pkgs.chromium
    pkgs.clippy
    pkgs.gnumake
    pkgs.jdk
    pkgs.maven
    pkgs.nodejs
    pkgs.openssl
    pkgs.pkg-config
    pkgs.postgresql
    pkgs.prometheus.cli
    (pkgs.python3.withPackages (python: [ python.aiosmtpd ]))
    pkgs.redis
    pkgs.rustc
    pkgs.rustfmt
  ];
}
