//! Selects the mounted file systems to report.

use crate::sources::pattern::Pattern;

/// Most file systems per collection; the rest is skipped.
pub const MAX_DISKS: usize = 256;

/// A file system that has a size but is not on a disk: the firmware's variables.
const NOT_ON_DISK: &str = "efivarfs";
/// The file systems of containers: layers on the host's own disk, except as the root of the host.
const LAYERS: &str = "overlay";

/// A mounted file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    /// The mounted device; a path if it is a real one.
    pub(super) device: &'a str,
    /// The mount point.
    pub(super) path: &'a str,
    /// Its type, such as `ext4`.
    pub(super) filesystem: &'a str,
    /// In bytes.
    pub(super) total: u64,
    /// For users other than root, in bytes.
    pub(super) available: u64,
    /// Since the host started, in bytes.
    pub(super) read: u64,
    /// Since the host started, in bytes.
    pub(super) written: u64,
}

impl Mount<'_> {
    fn is_pseudo(&self) -> bool {
        self.total == 0 || self.filesystem == NOT_ON_DISK || (self.filesystem == LAYERS && self.path != "/")
    }
}

/// The file systems on disks, by device and then by path. A device mounted more than once counts once, at its
/// shortest path.
pub(super) fn worth_telling<'a>(
    mounts: impl Iterator<Item = Mount<'a>>,
    exclude: &[Pattern],
) -> Vec<Mount<'a>> {
    let excluded = |path: &str| exclude.iter().any(|pattern| pattern.matches(path));
    let mut kept: Vec<_> = mounts.filter(|mount| !mount.is_pseudo() && !excluded(mount.path)).collect();
    kept.sort_unstable_by_key(|mount| (mount.device, mount.path.len(), mount.path));
    kept.dedup_by(|later, first| later.device == first.device && first.device.starts_with('/'));
    kept.truncate(MAX_DISKS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount<'a>(device: &'a str, path: &'a str, filesystem: &'a str) -> Mount<'a> {
        Mount { device, path, filesystem, total: 100, available: 40, read: 1, written: 2 }
    }

    fn told<'a>(mounts: &[Mount<'a>], exclude: &[&str]) -> Vec<&'a str> {
        let exclude: Vec<Pattern> = exclude.iter().map(|text| text.parse().unwrap()).collect();
        worth_telling(mounts.iter().copied(), &exclude).iter().map(|mount| mount.path).collect()
    }

    #[test]
    fn a_device_counts_once_where_its_path_is_shortest() {
        let sda = |path| mount("/dev/sda1", path, "ext4");
        assert_eq!(told(&[sda("/var/lib/x"), sda("/mnt"), sda("/")], &[]), ["/"]);
        assert_eq!(told(&[sda("/mnt/b"), sda("/mnt/a")], &[]), ["/mnt/a"]);
    }

    #[test]
    fn file_systems_without_a_device_of_their_own_count_each() {
        let pools = [mount("tank/home", "/home", "zfs"), mount("tank/root", "/", "zfs")];
        assert_eq!(told(&pools, &[]), ["/home", "/"]);
        let shares = [mount("share", "/a", "9p"), mount("share", "/b", "9p")];
        assert_eq!(told(&shares, &[]), ["/a", "/b"]);
    }

    #[test]
    fn pseudo_file_systems_are_left_out() {
        let bpf = Mount { total: 0, ..mount("bpf", "/sys/fs/bpf", "bpf") };
        let efi = mount("efivarfs", "/firmware", "efivarfs");
        let layer = mount("overlay", "/var/lib/containers/1", "overlay");
        let root = mount("overlay", "/", "overlay");
        assert_eq!(told(&[bpf, efi, layer, root], &[]), ["/"]);
    }

    #[test]
    fn excluded_paths_are_left_out_before_the_shortest_is_chosen() {
        let sda = |path| mount("/dev/sda1", path, "ext4");
        assert_eq!(told(&[sda("/nix"), sda("/nix/store")], &["/nix"]), ["/nix/store"]);
        assert_eq!(told(&[sda("/boot/a"), sda("/boot/b")], &["/boot/*"]), [""; 0]);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let devices: Vec<String> = (0..=MAX_DISKS).map(|n| format!("/dev/sd{n:03}")).collect();
        let mounts: Vec<Mount<'_>> = devices.iter().map(|device| mount(device, device, "ext4")).collect();
        assert_eq!(told(&mounts[..MAX_DISKS], &[]).len(), MAX_DISKS);
        assert_eq!(told(&mounts, &[]).len(), MAX_DISKS);
    }
}
