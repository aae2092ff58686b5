//! Profiles, roles and tokens from the block, environment variables and files, and where mistakes in them are reported.

use crate::huaweicloud::{HOME, ProjectId, Region};
use crate::provider::config::{AssumeRoleBlock, OidcBlock, ProviderConfig, check, read};
use crate::tf_provider::value::Attr;

use super::{client, known, problems, problems_of_the_block, system};

const KEYS: [(&str, &str); 2] = [("HW_ACCESS_KEY", "ak"), ("HW_SECRET_KEY", "sk")];

const CONFIG: &str = r#"{"current":"main","profiles":[
  {"name":"main","mode":"AKSK","accessKeyId":"ak","secretAccessKey":"sk","region":"cn-north-9","projectId":"p-file",
   "domainId":"d-file","agencyName":"ops","agencyDomainName":"acme"},
  {"name":"anywhere","accessKeyId":"ak","secretAccessKey":"sk","projectId":"p-file"}]}"#;

/// A home directory with hcloud's file in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".hcloud")).unwrap();
        std::fs::write(home.path().join(".hcloud/config.json"), config).unwrap();
        Self(home)
    }

    fn and<'a>(&'a self, variables: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[(HOME, self.0.path().to_str().unwrap())], variables].concat()
    }
}

/// How the client signs in, from its `Debug` output.
async fn sign_in(block: &ProviderConfig, variables: &[(&str, &str)]) -> String {
    let text = format!("{:?}", client(block, variables).await.unwrap().unwrap());
    text.split_once("oidc: ").unwrap().1.split_once(", domain_name").unwrap().0.to_owned()
}

fn role(agency: &'static str, name: &'static str, id: &'static str) -> AssumeRoleBlock {
    let set = |text: &'static str| if text.is_empty() { Attr::Null } else { known(text) };
    AssumeRoleBlock { agency_name: set(agency), domain_name: set(name), domain_id: set(id), duration: Attr::Null }
}

fn with_roles(roles: Vec<AssumeRoleBlock>) -> ProviderConfig {
    ProviderConfig { assume_role: Attr::Known(roles), ..ProviderConfig::default() }
}

fn with_oidc(oidc: OidcBlock) -> ProviderConfig {
    ProviderConfig { assume_role_with_oidc: Attr::Known(vec![oidc]), ..ProviderConfig::default() }
}

fn complete_oidc() -> OidcBlock {
    OidcBlock {
        agency_name: known("deploy"),
        domain_id: known("d1"),
        duration: Attr::Null,
        idp_id: known("idp"),
        id_token: Attr::Known("hunter2".into()),
        id_token_file: Attr::Null,
    }
}

const BY_NAME: &str = r#"[AssumeRole { agency: "ops", account: Name("acme"), duration: None }]"#;
const BY_ID: &str = r#"[AssumeRole { agency: "ops", account: Id(DomainId("d42")), duration: None }]"#;

#[tokio::test]
async fn profile_supplements_block_and_environment() {
    let home = Home::new(CONFIG);
    let named = |name| ProviderConfig { profile: known(name), ..ProviderConfig::default() };
    let region = |block, region| ProviderConfig { region: known(region), ..block };
    let named_project = ProviderConfig { project_name: known("x"), ..named("main") };
    for (block, variables, expected) in [
        (ProviderConfig::default(), &[][..], ("cn-north-9", Some("p-file"))),
        (named("main"), &[], ("cn-north-9", Some("p-file"))),
        (named("main"), &KEYS, ("cn-north-9", Some("p-file"))),
        (named("main"), &[("HW_PROJECT_ID", "p-env")], ("cn-north-9", Some("p-env"))),
        // A project belongs to one region.
        (named("main"), &[("HW_REGION_NAME", "cn-north-4")], ("cn-north-4", None)),
        (region(named("main"), "cn-north-9"), &[], ("cn-north-9", Some("p-file"))),
        (region(named("anywhere"), "cn-north-4"), &[], ("cn-north-4", Some("p-file"))),
        (named_project, &[], ("cn-north-9", None)),
    ] {
        // Nothing listens at this address, so a lookup fails.
        let block = ProviderConfig { auth_url: known("http://127.0.0.1:1"), max_retries: Attr::Known(0), ..block };
        let client = client(&block, &home.and(variables)).await.unwrap().unwrap();
        assert_eq!(client.region().map(Region::as_str), Some(expected.0));
        let project = client.project_id(None).await.ok();
        assert_eq!(project.as_ref().map(ProjectId::as_str), expected.1, "{block:?}");
    }
    // The default profile has no effect if the environment has an access key.
    assert_eq!(client(&ProviderConfig::default(), &home.and(&KEYS)).await.unwrap().unwrap().region(), None);
}

#[tokio::test]
async fn roles_come_from_the_block_then_the_environment_then_the_profile() {
    let home = Home::new(CONFIG);
    let (agency, name) = (("HW_ASSUME_ROLE_AGENCY_NAME", "ops"), ("HW_ASSUME_ROLE_DOMAIN_NAME", "acme"));
    let id = ("HW_ASSUME_ROLE_DOMAIN_ID", "d42");
    for (block, variables, expected) in [
        (with_roles(vec![role("ops", "acme", "")]), &[id][..], BY_NAME),
        (with_roles(vec![role("ops", "acme", "d42")]), &[], BY_ID),
        (with_roles(vec![role("", "", "")]), &[agency, name], BY_NAME),
        (with_roles(vec![role("", "", "d42")]), &[agency, name], BY_ID),
        (with_roles(Vec::new()), &[agency, name], BY_NAME),
        (ProviderConfig::default(), &[agency, name, id], BY_ID),
        (ProviderConfig::default(), &[], BY_NAME),
    ] {
        let text = sign_in(&block, &home.and(variables)).await;
        assert!(text.starts_with(&format!("None, roles: {expected}, domain_id: ")), "{text}");
    }
    let text = sign_in(&ProviderConfig::default(), &[agency, id, ("HW_ASSUME_ROLE_DURATION", "900")]).await;
    assert!(text.contains("duration: Some(900)"), "{text}");
    // The default profile's agency is not used with an access key of the environment.
    assert_eq!(sign_in(&ProviderConfig::default(), &home.and(&KEYS)).await, "None, roles: [], domain_id: None");
}

#[tokio::test]
async fn mistakes_in_roles_are_reported_with_their_path() {
    let with_duration = |seconds, id| AssumeRoleBlock { duration: Attr::Known(seconds), ..role("ops", "acme", id) };
    let mut all = Vec::new();
    for (roles, variables) in [
        (vec![role("ops", "", "")], &[][..]),
        (vec![role("", "acme", "")], &[]),
        (vec![role("ops", "acme", ""), role("", "b", "")], &KEYS),
        (vec![role("ops", "", "a b")], &[]),
        (vec![role(" ", "acme", "")], &[]),
        (vec![role("ops", " ", "")], &[]),
        (vec![with_duration(60, "")], &[]),
        (vec![with_duration(50_000, "d")], &[]),
        (vec![], &[("HW_ASSUME_ROLE_DOMAIN_ID", "d")]),
        (vec![], &[("HW_ASSUME_ROLE_AGENCY_NAME", "a"), ("HW_ASSUME_ROLE_DOMAIN_ID", "a b")]),
        (vec![role("ops", "acme", "")], &[("HW_ASSUME_ROLE_DURATION", "1h")]),
        (vec![role("ops", "acme", "")], &[("HW_ASSUME_ROLE_DURATION", "60")]),
    ] {
        let problems = problems(&with_roles(roles), variables).await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        all.extend(problems);
    }
    insta::assert_snapshot!(all.join("\n"));
}

/// Validation does not read the environment, so it reports only mistakes that no variable can correct.
#[test]
fn validation_accepts_blocks_that_variables_may_complete() {
    let paths = |block: &ProviderConfig| check(block).iter().map(|it| it.path.to_string()).collect::<Vec<_>>();
    assert_eq!(paths(&with_roles(vec![role("", "", "")])), [""; 0]);
    assert_eq!(paths(&with_oidc(OidcBlock::default())), [""; 0]);
    assert_eq!(paths(&with_roles(vec![role("a", "", "a b")])), ["assume_role[0].domain_id"]);
    assert_eq!(paths(&with_roles(vec![role("a", "b", ""), role("", "b", "")])), ["assume_role[1].agency_name"]);
    let both = OidcBlock { id_token_file: known("/x"), ..complete_oidc() };
    assert_eq!(paths(&with_oidc(both)), ["assume_role_with_oidc[0].id_token_file"]);
}

#[tokio::test]
async fn token_takes_precedence_over_an_access_key_of_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "hunter2").unwrap();
    let path = ("HW_ASSUME_ROLE_ID_TOKEN_FILE", file.to_str().unwrap());
    let named = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "deploy"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d1"),
        ("HW_ASSUME_ROLE_IDP_ID", "idp"),
    ];
    let by_variables = [&named[..], &[path], &KEYS].concat();
    let start = r#"Some(AssumeRoleWithOidc { idp_id: "idp", token: "#;
    for (block, variables, token) in [
        (with_oidc(complete_oidc()), &[path][..], "Given([redacted])"),
        (ProviderConfig::default(), &by_variables, "File("),
        (with_oidc(OidcBlock::default()), &by_variables, "File("),
    ] {
        let text = sign_in(&block, variables).await;
        assert!(text.starts_with(&format!("{start}{token}")) && text.contains("roles: []"), "{text}");
        assert!(text.contains(r#"agency: "deploy", account: Id(DomainId("d1"))"#), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let keys =
        ProviderConfig { access_key: known("a"), secret_key: Attr::Known("s".into()), ..ProviderConfig::default() };
    assert!(sign_in(&keys, &by_variables).await.starts_with("None"));
}

/// Arguments are blank if they are set from Terraform variables whose default is an empty string.
#[tokio::test]
async fn blank_credentials_in_the_block_are_ignored() {
    let blank = || ProviderConfig {
        access_key: known(""),
        secret_key: Attr::Known("".into()),
        security_token: Attr::Known("".into()),
        ..ProviderConfig::default()
    };
    let variables = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "deploy"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d1"),
        ("HW_ASSUME_ROLE_IDP_ID", "idp"),
        ("HW_ASSUME_ROLE_ID_TOKEN", "hunter2"),
    ];
    assert!(sign_in(&blank(), &variables).await.starts_with("Some(AssumeRoleWithOidc"));
    let token_only = ProviderConfig { access_key: Attr::Null, secret_key: Attr::Null, ..blank() };
    assert!(client(&token_only, &KEYS).await.unwrap().is_some());
}

#[tokio::test]
async fn mistakes_in_the_sign_in_with_a_token_are_reported_with_their_path() {
    let both_variables = [("HW_ASSUME_ROLE_ID_TOKEN", "hunter2"), ("HW_ASSUME_ROLE_ID_TOKEN_FILE", "/x")];
    let mut all = Vec::new();
    for (oidc, variables) in [
        (OidcBlock { agency_name: Attr::Null, ..complete_oidc() }, &[][..]),
        (OidcBlock { domain_id: Attr::Null, ..complete_oidc() }, &[]),
        (OidcBlock { idp_id: Attr::Null, ..complete_oidc() }, &[]),
        (OidcBlock { id_token: Attr::Null, ..complete_oidc() }, &[]),
        (OidcBlock { idp_id: known("a b"), ..complete_oidc() }, &[]),
        (OidcBlock { duration: Attr::Known(1), ..complete_oidc() }, &[]),
        (OidcBlock { id_token: Attr::Null, id_token_file: known("eyJ.a.b"), ..complete_oidc() }, &[]),
        (OidcBlock { id_token: Attr::Null, ..complete_oidc() }, &both_variables),
    ] {
        let problems = problems(&with_oidc(oidc), variables).await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        all.extend(problems);
    }
    all.extend(problems(&ProviderConfig::default(), &[("HW_ASSUME_ROLE_IDP_ID", "idp")]).await);
    insta::assert_snapshot!(all.join("\n"));
}

#[tokio::test]
async fn broken_profile_is_reported_when_a_request_needs_it() {
    let home = Home::new("{");
    let profile = ProviderConfig { profile: known("main"), ..ProviderConfig::default() };
    let file = ProviderConfig { shared_config_file: known("/gone.json"), ..ProviderConfig::default() };
    let mut all = Vec::new();
    for (block, variables) in [
        (profile.clone(), &[][..]),
        // The profile's credentials would not be used, but its other settings would.
        (profile, &KEYS),
        (file, &[]),
        (ProviderConfig::default(), &[]),
        (ProviderConfig::default(), &[("HW_PROFILE", "x")]),
    ] {
        assert_eq!(problems_of_the_block(&block, &home.and(variables)), [""; 0]);
        let problems = problems(&block, &home.and(variables)).await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        all.extend(problems);
    }
    insta::assert_snapshot!(all.join("\n"));
    assert_eq!(problems(&ProviderConfig::default(), &home.and(&KEYS)).await, [""; 0]);
}

/// A file can change between plan and apply, and Terraform refuses an apply that plans another region.
#[test]
fn region_is_planned_from_block_and_environment_only() {
    let home = Home::new(CONFIG);
    let in_block = || ProviderConfig { region: known("cn-south-1"), ..ProviderConfig::default() };
    let named = ProviderConfig { profile: known("main"), ..ProviderConfig::default() };
    let region = ("HW_REGION_NAME", "cn-north-4");
    let half = ("HW_ACCESS_KEY", "alone");
    let no_region = Err("no region is set, so the address of dms is unknown; set `region`".to_owned());
    for (block, variables, expected) in [
        (in_block(), &[region][..], Ok(Some("cn-south-1"))),
        (ProviderConfig::default(), &[region], Ok(Some("cn-north-4"))),
        (in_block(), &[half, ("HW_PROFILE", "missing"), ("HW_INSECURE", "maybe")], Ok(Some("cn-south-1"))),
        (ProviderConfig::default(), &KEYS, no_region),
        // A file may set it.
        (ProviderConfig::default(), &[], Ok(None)),
        (named, &KEYS, Ok(None)),
        (ProviderConfig::default(), &[("HW_PROFILE", "missing"), KEYS[0], KEYS[1]], Ok(None)),
        (ProviderConfig::default(), &[half], Ok(None)),
        (ProviderConfig::default(), &[("HW_REGION_NAME", "CN North")], Ok(None)),
        (ProviderConfig { region: Attr::Unknown, ..ProviderConfig::default() }, &KEYS, Ok(None)),
    ] {
        let system = system(&home.and(variables));
        let location = read(&block, &system).unwrap().location(&system);
        let checked = location.check(None).map(|()| location.region().map(Region::as_str));
        assert_eq!(checked.map_err(|error| error.to_string()), expected, "{variables:?}");
    }
}

/// In a plan, values of other resources may still be unknown.
#[tokio::test]
async fn unknown_values_are_not_errors() {
    let unknown = |change: fn(&mut ProviderConfig)| {
        let mut block = ProviderConfig::default();
        change(&mut block);
        block
    };
    for change in [
        (|block| block.profile = Attr::Unknown) as fn(&mut ProviderConfig),
        |block| block.shared_config_file = Attr::Unknown,
        |block| block.domain_id = Attr::Unknown,
        |block| block.domain_name = Attr::Unknown,
        |block| block.use_ecs_metadata = Attr::Unknown,
        |block| block.max_retries = Attr::Unknown,
        |block| block.max_requests_per_second = Attr::Unknown,
        |block| block.assume_role = Attr::Unknown,
        |block| block.assume_role_with_oidc = Attr::Unknown,
        |block| *block = with_roles(vec![AssumeRoleBlock { agency_name: Attr::Unknown, ..role("", "a", "") }]),
        |block| *block = with_roles(vec![AssumeRoleBlock { domain_id: Attr::Unknown, ..role("a", "a", "") }]),
        |block| *block = with_roles(vec![AssumeRoleBlock { duration: Attr::Unknown, ..role("a", "a", "") }]),
        |block| *block = with_oidc(OidcBlock { id_token: Attr::Unknown, ..complete_oidc() }),
        |block| *block = with_oidc(OidcBlock { idp_id: Attr::Unknown, ..complete_oidc() }),
    ] {
        let block = unknown(change);
        assert!(client(&block, &[]).await.unwrap().is_none(), "{block:?}");
    }
}
