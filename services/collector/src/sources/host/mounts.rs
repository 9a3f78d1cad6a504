//! The mounted file systems worth reporting, from `/proc/self/mountinfo` (proc(5)).

use super::files::{label, lines};
use crate::sources::pattern::Pattern;
use std::collections::{HashMap, HashSet};

/// Most file systems per collection; the rest is skipped.
pub const MAX_DISKS: usize = 256;

/// Types that store nothing, are of other hosts, or are full by design, such as images that are read-only. All of FUSE
/// is, except for [`DISKS_OF_FUSE`].
const NOT_ON_DISK: [&str; 38] = [
    "afs",
    "autofs",
    "binfmt_misc",
    "bpf",
    "ceph",
    "cgroup",
    "cgroup2",
    "cifs",
    "configfs",
    "cramfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fusectl",
    "glusterfs",
    "hugetlbfs",
    "iso9660",
    "lustre",
    "mqueue",
    "nfs",
    "nfs4",
    "nsfs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smb3",
    "smbfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "udf",
];
/// In memory, or layers on another file system of this host, except as the root of the host.
const ONLY_AS_ROOT: [&str; 3] = ["aufs", "overlay", "tmpfs"];
/// File systems of FUSE that are on a disk of this host.
const DISKS_OF_FUSE: [&str; 2] = ["fuse.mergerfs", "fuse.zfs"];

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// `major:minor`; the same for each mount of one file system.
    pub(super) device: String,
    /// The mount point.
    pub(super) path: Vec<u8>,
    /// The mount point as a label value.
    pub(super) label: String,
    /// Its type, such as `ext4`.
    pub(super) filesystem: String,
    /// What is mounted: often the path of a device.
    pub(super) source: Vec<u8>,
    /// Whether the file system, not only this mount of it, is read-only.
    pub(super) is_read_only: bool,
}

impl Mount {
    /// `27 1 254:0 / /home rw,relatime shared:1 - ext4 /dev/vda rw,discard`, with any number of words before the dash.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        let device = words.nth(2)?;
        let path = unescaped(words.nth(1)?);
        let mut rest = words.skip_while(|&word| word != b"-").skip(1);
        let [filesystem, source, options] = [rest.next()?, rest.next()?, rest.next()?];
        Some(Self {
            device: label(device),
            label: label(&path),
            path: path.starts_with(b"/").then_some(path)?,
            filesystem: label(filesystem),
            source: unescaped(source),
            is_read_only: options.split(|&byte| byte == b',').any(|option| option == b"ro"),
        })
    }

    fn is_on_disk(&self) -> bool {
        let filesystem = self.filesystem.as_str();
        let of_fuse = filesystem == "fuse" || filesystem.starts_with("fuse.");
        let is_root = self.path == b"/";
        !(NOT_ON_DISK.contains(&filesystem)
            || (of_fuse && !DISKS_OF_FUSE.contains(&filesystem))
            || (ONLY_AS_ROOT.contains(&filesystem) && !is_root))
    }
}

/// Spaces, tabs, line ends and backslashes are written as `\` and three octal digits.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, others)) = rest.split_first() {
        if let Some(byte) = octal(rest) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.push(first);
            rest = others;
        }
    }
    bytes
}

/// The byte that `\ooo` at the start means.
fn octal(escape: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(escape.strip_prefix(b"\\")?.get(..3)?).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| u8::from_str_radix(digits, 8).ok())?
}

/// The file systems on disks of this host, by mount point. One that is mounted more than once counts once, at its
/// shortest path.
pub(super) fn worth_telling(mountinfo: &[u8], exclude: &[Pattern]) -> Vec<Mount> {
    let excluded = |mount: &Mount| exclude.iter().any(|pattern| pattern.matches(&mount.label));
    // A later mount at the same path hides an earlier one.
    let visible: HashMap<Vec<u8>, Mount> =
        lines(mountinfo).filter_map(Mount::parse).map(|mount| (mount.path.clone(), mount)).collect();
    let mut kept: Vec<_> =
        visible.into_values().filter(|mount| mount.is_on_disk() && !excluded(mount)).collect();
    kept.sort_unstable_by(|one, other| one.path.len().cmp(&other.path.len()).then(one.path.cmp(&other.path)));
    let mut seen = HashSet::new();
    kept.retain(|mount| seen.insert(mount.device.clone()));
    kept.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    kept.truncate(MAX_DISKS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(device: &str, path: &str, filesystem: &str) -> String {
        format!("27 1 {device} / {path} rw,relatime shared:1 master:2 - {filesystem} /dev/sda rw,discard\n")
    }

    fn told(lines: &[String], exclude: &[&str]) -> Vec<String> {
        let exclude: Vec<Pattern> = exclude.iter().map(|text| text.parse().unwrap()).collect();
        worth_telling(lines.concat().as_bytes(), &exclude).into_iter().map(|mount| mount.label).collect()
    }

    #[test]
    fn a_file_system_counts_once_where_its_path_is_shortest() {
        let sda = |path| line("8:1", path, "ext4");
        assert_eq!(told(&[sda("/var/lib/x"), sda("/mnt"), sda("/")], &[]), ["/"]);
        assert_eq!(told(&[sda("/mnt/b"), sda("/mnt/a")], &[]), ["/mnt/a"]);
    }

    #[test]
    fn each_dataset_of_a_pool_and_each_share_counts() {
        let pools = [line("0:40", "/home", "zfs"), line("0:41", "/", "zfs")];
        assert_eq!(told(&pools, &[]), ["/", "/home"]);
        let shares = [line("0:50", "/a", "9p"), line("0:51", "/b", "virtiofs")];
        assert_eq!(told(&shares, &[]), ["/a", "/b"]);
    }

    #[test]
    fn pseudo_file_systems_are_known_by_type() {
        for (device, filesystem) in [
            ("0:1", "proc"),
            ("0:2", "tmpfs"),
            ("0:3", "overlay"),
            ("0:4", "efivarfs"),
            ("0:5", "squashfs"),
            ("0:6", "nfs4"),
            ("0:7", "fuse.sshfs"),
            ("0:8", "autofs"),
        ] {
            assert_eq!(told(&[line(device, "/x", filesystem)], &[]), [""; 0], "{filesystem}");
        }
        assert_eq!(told(&[line("0:3", "/", "overlay")], &[]), ["/"], "the root of a container");
        assert_eq!(told(&[line("8:3", "/media/usb", "fuseblk")], &[]), ["/media/usb"]);
    }

    #[test]
    fn a_disk_may_be_mounted_anywhere() {
        for path in ["/runs", "/run/media/me/usb", "/system", "/sysroot", "/process", "/dev1"] {
            assert_eq!(told(&[line("8:1", path, "ext4")], &[]), [path]);
        }
    }

    #[test]
    fn a_later_mount_hides_an_earlier_one_at_the_same_path() {
        assert_eq!(told(&[line("8:1", "/mnt", "ext4"), line("0:9", "/mnt", "tmpfs")], &[]), [""; 0]);
    }

    #[test]
    fn excluded_paths_are_left_out_before_the_shortest_is_chosen() {
        let sda = |path| line("8:1", path, "ext4");
        assert_eq!(told(&[sda("/nix"), sda("/nix/store")], &["/nix"]), ["/nix/store"]);
        assert_eq!(told(&[sda("/boot/a"), sda("/boot/b")], &["/boot/*"]), [""; 0]);
    }

    #[test]
    fn a_mount_point_may_have_any_bytes() {
        let mut mountinfo = line("8:1", "/", "ext4").into_bytes();
        mountinfo.extend(b"1 1 8:2 / /srv/caf\xe9 rw - ext4 /dev/sdb ro\n");
        mountinfo.extend(b"1 1 8:3 / /my\\040disk\\134\\012x rw - ext4 /dev/my\\040disk rw\n");
        let mounts = worth_telling(&mountinfo, &[]);
        let labels: Vec<_> = mounts.iter().map(|mount| mount.label.as_str()).collect();
        assert_eq!(labels, ["/", r"/my disk\\u{a}x", r"/srv/caf\xe9"]);
        assert_eq!(mounts[1].path, b"/my disk\\\nx");
        assert_eq!(mounts[1].source, b"/dev/my disk");
        assert_eq!(mounts.iter().map(|mount| mount.is_read_only).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_only_itself() {
        let odd = "27 1 8:9\n\n1 1 8:8 / /x rw ext4 no dash\n1 1 8:7 / relative rw - ext4 x rw\n".to_owned();
        assert_eq!(told(&[odd, line("8:1", "/", "ext4")], &[]), ["/"]);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let all: Vec<String> =
            (0..=MAX_DISKS).map(|n| line(&format!("8:{n}"), &format!("/mnt/{n}"), "ext4")).collect();
        assert_eq!(told(&all, &[]).len(), MAX_DISKS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_a_good_line_among_them_is_found(
            before in proptest::collection::vec(any::<u8>(), 0..200),
            path in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut mountinfo = before;
            mountinfo.extend(b"\n1 1 8:2 / /");
            mountinfo.extend(path.iter().flat_map(|byte| format!("\\{byte:03o}").into_bytes()));
            mountinfo.extend(b" rw - ext4 /dev/sdb rw\n");
            let expected = [b"/", path.as_slice()].concat();
            prop_assert!(worth_telling(&mountinfo, &[]).iter().any(|mount| mount.path == expected));
        }
    }
}
