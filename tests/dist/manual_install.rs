//! The commands of the README that install from an archive, without `cargo xtask`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use testkit::Environment;

use super::{ROOT, files, run};

/// Runs the commands in an empty home, and compares the result with a home that `cargo xtask install` has filled.
pub(crate) fn assert_installs_the_same(dist: &Path, platform: &str, by_task: &Path) {
    let environment = Environment::from_current_process();
    for (program, package) in [("unzip", "unzip"), ("sha256sum", "coreutils"), ("gpg", "gnupg")] {
        let found = environment.find_program(program);
        assert!(found.is_some(), "this test needs {program}: on Debian and Ubuntu, apt install {package}");
    }
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.find(|block| block.starts_with("release=")).expect(
        "the commands that install from an \
                                                          archive",
    );
    let commands = commands.replace("linux_amd64", platform);
    let release = Release::of(dist);
    let home = tempfile::tempdir().unwrap();
    let install = || {
        let mut command = environment.command("bash");
        command.args(["-e", "-c", &commands]).current_dir(release.files.path());
        command.env("HOME", home.path()).env("GNUPGHOME", release.new_keyring());
        command
    };
    // A file that was changed after signing is not installed.
    let sums = release.only_file("SHA256SUMS");
    let signed = fs::read(&sums).unwrap();
    fs::write(&sums, [&signed[..], b"\n"].concat()).unwrap();
    let output = install().output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("BAD signature"), "{output:?}");
    assert!(!output.status.success() && files(home.path()).is_empty(), "{output:?}");
    fs::write(&sums, signed).unwrap();

    let printed = run(&mut install());
    assert!(printed.contains(&format!("{platform}.zip: OK")), "{printed}");
    let installed = files(home.path());
    assert!(installed.keys().all(|name| name.starts_with(".terraform.d/plugins/")), "{:?}", installed.keys());
    let expected = files(by_task);
    assert_eq!(installed.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &installed {
        assert!(*bytes == expected[name], "{name} has other content");
        // The other bits depend on the umask.
        let modes = [home.path(), by_task].map(|home| home.join(name).metadata().unwrap().permissions().mode() & 0o100);
        assert_eq!(modes[0], modes[1], "{name}");
    }
}

/// The files of a release as users download them, signed with a key made for this test.
struct Release {
    files: TempDir,
    keyrings: TempDir,
}

impl Release {
    fn of(dist: &Path) -> Self {
        let release = Self { files: tempfile::tempdir().unwrap(), keyrings: tempfile::tempdir().unwrap() };
        for file in fs::read_dir(dist).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
            fs::copy(file.path(), release.files.path().join(file.file_name())).unwrap();
        }
        let sums = release.only_file("SHA256SUMS");
        let name = sums.display().to_string();
        let key = format!("{}public-key.asc", name.strip_suffix("SHA256SUMS").unwrap());
        let keyring = release.new_keyring();
        let gpg = |arguments: &[&str]| {
            let mut command = Command::new("gpg");
            command.args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]);
            run(command.env("GNUPGHOME", &keyring).args(arguments));
        };
        gpg(&["--quick-generate-key", "Release <release@example.com>", "ed25519", "sign"]);
        gpg(&["--armor", "--output", &key, "--export"]);
        gpg(&["--detach-sign", &name]);
        release
    }

    fn only_file(&self, suffix: &str) -> PathBuf {
        let mut paths = fs::read_dir(self.files.path()).unwrap().map(|file| file.unwrap().path());
        paths.find(|path| path.to_string_lossy().ends_with(suffix)).expect(suffix)
    }

    /// A directory for a keyring without keys.
    fn new_keyring(&self) -> PathBuf {
        let keyring = tempfile::tempdir_in(self.keyrings.path()).unwrap().keep();
        fs::set_permissions(&keyring, fs::Permissions::from_mode(0o700)).unwrap();
        keyring
    }
}

impl Drop for Release {
    /// Ends the agents that gpg has started, one for each keyring.
    fn drop(&mut self) {
        for keyring in fs::read_dir(self.keyrings.path()).unwrap() {
            let mut command = Command::new("gpgconf");
            let _ = command.args(["--kill", "gpg-agent"]).env("GNUPGHOME", keyring.unwrap().path()).status();
        }
    }
}
