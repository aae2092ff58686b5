//! The commands of the README that install from an archive, without a task of this repository.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use xtask::Environment;

use super::{ROOT, files, run};

/// Runs them where the archive is, in an empty home, and compares with the home that the task has installed into.
pub(crate) fn installs_the_same(dist: &Path, platform: &str, by_task: &Path) {
    let environment = Environment::of_this_process();
    for (program, package) in [("unzip", "unzip"), ("sha256sum", "coreutils")] {
        let found = environment.find_program(program);
        assert!(found.is_some(), "this test needs {program}: on Debian and Ubuntu, apt install {package}");
    }
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.find(|block| block.starts_with("sha256sum ")).expect("how to install from an archive");
    let home = tempfile::tempdir().unwrap();
    let mut command = environment.command("bash");
    command.args(["-e", "-c", &commands.replace("linux_amd64", platform)]).current_dir(dist);
    let said = run(command.env("HOME", home.path()));
    assert!(said.contains(&format!("{platform}.zip: OK")), "{said}");
    let installed = files(home.path());
    assert!(installed.keys().all(|name| name.starts_with(".terraform.d/plugins/")), "{:?}", installed.keys());
    let expected = files(by_task);
    assert_eq!(installed.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &installed {
        assert!(*bytes == expected[name], "{name} has other content");
        // The rest depends on the umask.
        let modes = [home.path(), by_task].map(|home| home.join(name).metadata().unwrap().permissions().mode() & 0o100);
        assert_eq!(modes[0], modes[1], "{name}");
    }
}
