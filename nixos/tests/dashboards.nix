# The example on one machine, without TLS: Prometheus, Loki and Grafana have what Watchkeeper writes.
{ lib, machine }:
let
  table = import ../table.nix { inherit lib; };
  roles = lib.concatMapStringsSep ", " builtins.toJSON table.names;
  # Its SHA-256 is in the configuration below.
  token = "wk_monitoring";
in
{
  name = "watchkeeper-dashboards";
  nodes.machine =
    { lib, pkgs, ... }:
    {
      imports = [
        ../module.nix
        machine
      ];
      services.watchkeeper = {
        enable = true;
        settings.token = [
          {
            name = "monitoring";
            scopes = [ "admin" ];
            sha256 = builtins.hashString "sha256" token;
          }
        ];
        tokenFile = "/etc/monitoring-token";
        nginx = {
          enable = true;
          hostName = "watch.test";
          grafanaHostName = "grafana.test";
          tls = false;
        };
      };
      environment.etc.monitoring-token = {
        text = token;
        mode = "0400";
      };
      networking.hosts."127.0.0.1" = [
        "watch.test"
        "grafana.test"
      ];
      environment.systemPackages = [
        pkgs.curl
        pkgs.jq
      ];
      virtualisation.memorySize = 4096;
      virtualisation.diskSize = 8192;
    };

  testScript = ''
    import json


    def get(url, *options):
        return json.loads(machine.succeed(f"curl --silent --show-error --fail {' '.join(options)} '{url}'"))


    machine.start()
    machine.wait_for_unit("watchkeeper.target")
    machine.wait_for_unit("grafana.service")
    machine.wait_for_unit("nginx.service")
    password = machine.succeed("cat /var/lib/watchkeeper-grafana/admin-password").strip()
    admin = f"--user 'admin:{password}'"

    with subtest("no unit failed in the first switch"):
        assert "0 loaded units" in machine.succeed("systemctl list-units --failed"), machine.succeed("systemctl --failed")

    with subtest("a sample comes in through nginx and is stored"):
        machine.wait_until_succeeds(
            "curl --silent --fail --header 'Authorization: Bearer ${token}' "
            "--json '[{\"source\":\"demo\",\"name\":\"answer\",\"value\":42}]' http://watch.test/v1/samples"
        )
        machine.wait_until_succeeds(
            "curl --silent --fail --header 'Authorization: Bearer ${token}' "
            "'http://watch.test/v1/samples?source=demo&name=answer' | grep 42"
        )

    with subtest("without a token, nginx gives nothing"):
        machine.fail("curl --silent --fail http://watch.test/v1/latest")

    with subtest("Prometheus scrapes every role, and has the rules"):
        machine.wait_until_succeeds(
            "curl --silent 'http://127.0.0.1:9090/api/v1/query?query=count(up%7Bjob%3D~%22watchkeeper-.%2B%22%7D%3D%3D1)' "
            "| jq -e '.data.result[0].value[1] == \"8\"'"
        )
        rules = get("http://127.0.0.1:9090/api/v1/rules")["data"]["groups"]
        assert rules, "Prometheus has no alert rules"

    with subtest("Loki has the journal of each role, with its level"):
        machine.wait_until_succeeds(
            "curl --silent --get http://127.0.0.1:3100/loki/api/v1/query_range "
            "--data-urlencode 'query={unit=\"watchkeeper@persister.service\", level=\"info\"}' "
            "| jq -e '.data.result | length > 0'"
        )

    with subtest("Grafana's data sources answer"):
        for uid in ["watchkeeper-prometheus", "watchkeeper-loki", "watchkeeper-postgresql"]:
            machine.wait_until_succeeds(
                f"curl --silent --fail {admin} http://grafana.test/api/datasources/uid/{uid}/health | grep -i '\"OK\"'"
            )

    with subtest("every dashboard is there, and names no other data source"):
        found = get("http://grafana.test/api/search?type=dash-db", admin)
        assert found, "Grafana has no dashboards"
        for one in found:
            text = json.dumps(get(f"http://grafana.test/api/dashboards/uid/{one['uid']}", admin))
            assert "DS_" not in text, f"{one['title']} has an input that nobody fills in"

    with subtest("the key of Grafana stays the same over a restart"):
        before = machine.succeed("sha256sum /var/lib/watchkeeper-grafana/secret-key")
        machine.succeed("systemctl restart watchkeeper-grafana-keys.service grafana.service")
        assert machine.succeed("sha256sum /var/lib/watchkeeper-grafana/secret-key") == before

    with subtest("everything comes up after a reboot"):
        machine.reboot()
        machine.wait_for_unit("watchkeeper.target")
        for role in [${roles}]:
            machine.wait_for_unit(f"watchkeeper@{role}.service")
        machine.wait_until_succeeds(
            "curl --silent --fail --header 'Authorization: Bearer ${token}' "
            "'http://watch.test/v1/samples?source=demo&name=answer' | grep 42"
        )

    with subtest("a token is in no file of the store that a unit names"):
        machine.fail("grep -rs ${token} /etc/systemd/system/")
  '';
}
