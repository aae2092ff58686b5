//! Advice about Terraform's CLI configuration files that restrict where providers are searched.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::plugins;

/// Advice for each file with a `provider_installation` block, because Terraform then searches only what the block
/// names.
pub(super) fn advice(home: &Path, named: Option<&OsStr>) -> Vec<String> {
    let names_directories =
        |file: &PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains("provider_installation"));
    let files = files(home, named).into_iter().filter(names_directories);
    files.map(|file| text(&file, &home.join(plugins::DIRECTORY))).collect()
}

/// The files that Terraform and OpenTofu read. The file named by the variable replaces all others. An empty variable
/// counts as unset.
fn files(home: &Path, named: Option<&OsStr>) -> Vec<PathBuf> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return vec![named.into()];
    }
    let entries = fs::read_dir(home.join(".terraform.d")).into_iter().flatten().flatten();
    let mut more: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_configuration(path)).collect();
    more.sort();
    let mut files = vec![home.join(".terraformrc"), home.join(".tofurc")];
    files.append(&mut more);
    files
}

fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && (name.ends_with(".tfrc") || name.ends_with(".tfrc.json"))
}

fn text(file: &Path, plugins: &Path) -> String {
    format!(
        "!! {} has a block provider_installation, so it must also name the directory:

  filesystem_mirror {{
    path    = \"{}\"
    include = [\"terraform.internal/*/*\"]
  }}

If it has a block direct, the block must exclude the provider:

  direct {{
    exclude = [\"terraform.internal/*/*\"]
  }}
",
        file.display(),
        plugins.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "provider_installation {\n  direct {}\n}\n";

    fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".terraform.d")).unwrap();
        for (name, text) in files {
            fs::write(home.path().join(name), text).unwrap();
        }
        home
    }

    fn advised_files(home: &Path, named: Option<&str>) -> Vec<String> {
        let advice = advice(home, named.map(OsStr::new));
        advice.iter().map(|text| text.split(' ').nth(1).unwrap().to_owned()).collect()
    }

    #[test]
    fn advice_excludes_the_provider_from_direct() {
        let home = home(&[(".terraformrc", BLOCK)]);
        let [text] = advice(home.path(), None).try_into().unwrap();
        assert!(text.contains(&format!("path    = \"{}/.terraform.d/plugins\"", home.path().display())), "{text}");
        assert!(text.contains("direct {\n    exclude = [\"terraform.internal/*/*\"]"), "{text}");
    }

    #[test]
    fn empty_variable_counts_as_unset() {
        let home = home(&[(".terraformrc", BLOCK), ("other.rc", BLOCK), (".tofurc", "")]);
        let own = home.path().join(".terraformrc").display().to_string();
        assert_eq!(advised_files(home.path(), None), std::slice::from_ref(&own));
        assert_eq!(advised_files(home.path(), Some("")), [own]);
        let other = home.path().join("other.rc").display().to_string();
        assert_eq!(advised_files(home.path(), Some(&other)), [other]);
    }

    #[test]
    fn configuration_files_next_to_the_plugins_are_found() {
        let names = ["a.tfrc", "b.tfrc.json", ".hidden.tfrc", "c.tfrc.bak"].map(|name| format!(".terraform.d/{name}"));
        let home = home(&names.each_ref().map(|name| (&**name, BLOCK)));
        let expected = [&names[0], &names[1]].map(|name| home.path().join(name).display().to_string());
        assert_eq!(advised_files(home.path(), None), expected);
    }
}
