{
  description = "Observability and events for bare-metal Linux hosts, in one executable";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forEach =
        of:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: of nixpkgs.legacyPackages.${system} system);
      # The package is always built with the nixpkgs of this flake, whatever the host has.
      usePackage =
        { lib, pkgs, ... }:
        {
          services.watchkeeper.package =
            lib.mkDefault
              self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };
    in
    {
      packages = forEach (
        pkgs: system: {
          default = pkgs.callPackage ./nixos/package.nix {
            commit = self.rev or self.dirtyRev or null;
            tests = self.checks.${system};
          };
        }
      );

      nixosModules.default.imports = [
        ./nixos/module.nix
        usePackage
      ];

      # `nixos-rebuild build --flake .#example`: a machine with everything.
      nixosConfigurations.example = lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          self.nixosModules.default
          ./nixos/example.nix
          ./nixos/example-machine.nix
        ];
      };

      checks = forEach (
        pkgs: system:
        import ./nixos/checks.nix {
          inherit self pkgs usePackage;
          package = self.packages.${system}.default;
        }
      );

      devShells = forEach (
        pkgs: _: {
          default = import ./nixos/shell.nix { inherit pkgs; };
        }
      );

      # `nix run`: everything on this machine, in one process.
      apps = forEach (
        pkgs: system: {
          default = {
            type = "app";
            program = toString (
              pkgs.writeShellScript "watchkeeper-up" ''
                exec ${lib.getExe self.packages.${system}.default} up "$@"
              ''
            );
            meta.description = "Watchkeeper, all roles in one process";
          };
        }
      );

      formatter = forEach (pkgs: _: pkgs.nixfmt-tree);
    };
}
