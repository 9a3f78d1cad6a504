"""The collector of a second host sends to the first, and keeps its samples while that does not answer."""

first, second = machines
TOKEN = "wk_" + "b" * 40
start_all()
first.wait_for_unit("watchkeeper-up.service")
second.wait_for_unit("watchkeeper-up.service")

with subtest("the first accepts samples of other hosts by HTTPS, with a token"):
    digest = first.succeed(f"printf %s {TOKEN} | sha256sum | cut -d' ' -f1").strip()
    configure(first, f"""
[[token]]
name = "second"
scopes = ["ingest", "read"]
sha256 = "{digest}"
""")
    first.succeed("systemctl reload watchkeeper-up")
    first.succeed("openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/key.pem -out /tmp/certificate.pem -days 2 "
                  "-subj /CN=first -addext subjectAltName=DNS:first 2>&1")
    write(first, "/tmp/nginx.conf", """
daemon off;
pid /tmp/nginx.pid;
events {}
http {
    server {
        listen 192.168.1.1:443 ssl;
        ssl_certificate /tmp/certificate.pem;
        ssl_certificate_key /tmp/key.pem;
        location / { proxy_pass http://127.0.0.1:8460; }
    }
}
""")
    first.succeed("systemd-run --unit tls-proxy $(type -P nginx) -e stderr -c /tmp/nginx.conf")
    first.wait_for_open_port(443, "192.168.1.1", timeout=30)

with subtest("the collector of the second sends to it"):
    second.succeed("systemctl stop watchkeeper-up", "mkdir -p /etc/watchkeeper/credentials/collector")
    write(second, "/etc/watchkeeper/credentials/collector/ingest-token", TOKEN)
    write(second, "/etc/watchkeeper/first.pem", first.succeed("cat /tmp/certificate.pem"))
    second.succeed("chmod 600 /etc/watchkeeper/credentials/collector/ingest-token")
    configure(second, """
[backends]
bus = "https://first"

[backends.ingest]
token_file = "ingest-token"
ca_file = "/etc/watchkeeper/first.pem"
""")
    second.succeed("systemctl start watchkeeper@collector")
    wait_until_ready(second, 8466)
    write(first, "/root/token", TOKEN)
    first.succeed("chmod 600 /root/token")
    query = "watchkeeper query latest --token-file /root/token --source host --name uptime"
    first.wait_until_succeeds(f"{query} | grep host=second", timeout=60)

with subtest("while the first is down, the samples wait on the disk of the second"):
    first.succeed("systemctl stop watchkeeper-up")
    stopped = first.succeed("date --utc +%Y-%m-%dT%H:%M:%SZ").strip()
    second.wait_until_succeeds(
        "curl --silent --fail http://127.0.0.1:8466/metrics | grep -E 'spool_records\\{?.*[1-9]'", timeout=90)
    first.succeed("systemctl start watchkeeper-up")
    first.wait_until_succeeds(
        f"watchkeeper query range --token-file /root/token --source host --name load_average_1m --label host=second "
        f"--from {stopped} --step 1m | grep :", timeout=90)
