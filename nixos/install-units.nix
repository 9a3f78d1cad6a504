# The units as they are in systemd/, with the path of this package's executable.
{
  units = ''
    (
      cd systemd
      install -Dm444 -t $out/lib/systemd/system watchkeeper*.{service,slice,target}
      for dropins in *.service.d; do
        install -Dm444 -t $out/lib/systemd/system/$dropins $dropins/*.conf
      done
      # NixOS has systemd 254 or later since 24.05.
      for unit in watchkeeper@ watchkeeper-up; do
        install -Dm444 -t $out/lib/systemd/system/$unit.service.d backoff.conf
      done
    )
    substituteInPlace $out/lib/systemd/system/*.service \
      --replace-fail /usr/bin/watchkeeper $out/bin/watchkeeper
  '';
}
