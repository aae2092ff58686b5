//! Sources that are files: found, absent, broken, and their settings besides credentials.

use super::world::{World, report, shown};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::credentials::{Chain, Defaults, HcloudProfile, StaticCredentials};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::system::HOME;

const HCLOUD: &str = "/home/me/.hcloud/config.json";
const SDK: &str = "/home/me/.huaweicloud/credentials";

/// A file in the form of hcloud (KooCLI), as the official provider reads it.
const CONFIG: &str = r#"{"current":"plain","language":"en","profiles":[
  {"name":"plain","mode":"AKSK","accessKeyId":"plain-ak","secretAccessKey":"hunter-plain-sk","securityToken":"",
   "region":"cn-north-9","projectId":"p-plain","domainId":"d-plain","cliAuthEncrypt":false},
  {"name":"temporary","mode":"AKSK","accessKeyId":"t-ak","secretAccessKey":"hunter-t-sk","securityToken":"hunter-t"},
  {"name":"sso","mode":"SSO","accessKeyId":"wrong","secretAccessKey":"hunter-wrong",
   "ssoAuth":{"stsToken":{"accessKeyId":"sso-ak","secretAccessKey":"hunter-sso-sk","securityToken":"hunter-sso"}}},
  {"name":"sso without","mode":"SSO","accessKeyId":"wrong","secretAccessKey":"hunter-wrong","ssoAuth":{}},
  {"name":"new mode","mode":"Something","accessKeyId":"new-ak","secretAccessKey":"hunter-new-sk"},
  {"name":"half","mode":"AKSK","accessKeyId":"half-ak","secretAccessKey":""},
  {"name":"empty","mode":"AKSK","accessKeyId":null},
  {"name":"ecs","mode":"ecsAgency"},
  {"name":"agency","accessKeyId":"a-ak","secretAccessKey":"hunter-a-sk","agencyName":"ops","agencyDomainName":"acme"},
  {"name":"odd","accessKeyId":"o-ak","secretAccessKey":"hunter-o-sk","region":"CN North"}]}"#;

const INI: &str = "\u{feff}# keys\n[global]\nak = global-ak\nsk = hunter-global-sk\n\n[ basic ]\n; mine\nAK = ini-ak\n\
                   sk=hunter-ini-sk\nsecurity_token : hunter=ini:token\nproject_id = p-ini\niam_endpoint=x\n";

fn chain(name: &str, file: &str) -> Chain {
    let filled = |text: &str| Some(text.to_owned());
    Chain::complete(StaticCredentials::default(), HcloudProfile { name: filled(name), file: filled(file) }, None)
}

/// The credentials or the error.
async fn outcome(world: &World, chain: &Chain) -> String {
    let client = Client::builder().system(world.system()).build().unwrap();
    let found = chain.resolve(client.sender()).await;
    // The early check has the same result, except that missing credentials are not an error.
    match (chain.check(&world.system()).await, &found) {
        (Ok(_), Ok(_)) => {}
        (Ok(_), Err(error)) => assert!(error.to_string().starts_with("no credentials found"), "{error}"),
        (Err(early), Err(late)) => assert_eq!(early.report(), late.report()),
        (Err(early), Ok(_)) => panic!("{early}"),
    }
    match found {
        Ok(credentials) => shown(&credentials),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Credentials);
            report(&error)
        }
    }
}

#[tokio::test]
async fn mode_determines_the_credentials_of_a_profile() {
    for (name, expected) in [
        ("", "plain-ak / hunter-plain-sk / -"),
        ("plain", "plain-ak / hunter-plain-sk / -"),
        ("temporary", "t-ak / hunter-t-sk / hunter-t"),
        ("sso", "sso-ak / hunter-sso-sk / hunter-sso"),
        ("new mode", "new-ak / hunter-new-sk / -"),
    ] {
        let by_argument = World::new(&[]).file(HCLOUD, CONFIG);
        assert_eq!(outcome(&by_argument, &chain(name, "")).await, expected, "{name}");
        let by_variable = World::new(&[("HW_PROFILE", name)]).file(HCLOUD, CONFIG);
        assert_eq!(outcome(&by_variable, &chain("", "")).await, expected, "{name}");
        let elsewhere = World::new(&[("HW_SHARED_CONFIG_FILE", "~/mine.json")]).file("/home/me/mine.json", CONFIG);
        assert_eq!(outcome(&elsewhere, &chain(name, "")).await, expected, "{name}");
        let elsewhere = World::new(&[("HW_SHARED_CONFIG_FILE", "/no")]).file("/etc/hcloud.json", CONFIG);
        assert_eq!(outcome(&elsewhere, &chain(name, "/etc/hcloud.json")).await, expected, "{name}");
    }
}

#[tokio::test]
async fn argument_overrides_its_variable() {
    let world = World::new(&[("HW_PROFILE", "sso")]).file(HCLOUD, CONFIG);
    assert_eq!(outcome(&world, &chain("plain", "")).await, "plain-ak / hunter-plain-sk / -");
}

#[tokio::test]
async fn environment_precedes_profiles_and_profiles_precede_the_sdk_file() {
    let samples = [("CLOUD_SDK_AK", "sample-ak"), ("CLOUD_SDK_SK", "hunter-sample-sk")];
    let world = World::new(&samples).file(HCLOUD, CONFIG).file(SDK, INI);
    assert_eq!(outcome(&world, &chain("sso", "")).await, "sample-ak / hunter-sample-sk / -");
    let world = World::new(&[]).file(HCLOUD, CONFIG).file(SDK, INI);
    assert_eq!(outcome(&world, &chain("", "")).await, "plain-ak / hunter-plain-sk / -");
    let world = World::new(&[]).file(SDK, INI);
    assert_eq!(outcome(&world, &chain("", "")).await, "ini-ak / hunter-ini-sk / hunter=ini:token");
}

/// Each is followed by a valid SDK file, which must not be used.
#[tokio::test]
async fn broken_profile_ends_the_search_and_is_named() {
    let json = |text: &'static str| World::new(&[]).file(HCLOUD, text);
    let config = || json(CONFIG);
    let mut errors = Vec::new();
    for (world, name, file) in [
        (World::new(&[]), "plain", ""),
        (World::new(&[]), "", "/x.json"),
        (World::new(&[("HW_SHARED_CONFIG_FILE", "/v.json")]), "", ""),
        (World::new(&[("HW_PROFILE", "v")]), "", ""),
        (World::new(&[]).unreadable(HCLOUD), "", ""),
        (config(), "Plain", ""),
        (config(), "half", ""),
        (config(), "empty", ""),
        (config(), "sso without", ""),
        (config(), "odd", ""),
        (json("{"), "", ""),
        (json("hunter2"), "", ""),
        (json(r#"{"profiles":[{"name":"a","secretAccessKey":["hunter2"]}]}"#), "a", ""),
        (json(r#"{"profiles":"hunter2"}"#), "a", ""),
        (json(r#"{"current":"gone","profiles":[]}"#), "", ""),
        (json("{}"), "", HCLOUD),
        (json(r#"{"current":"a","profiles":[{"name":"a","accessKeyId":"a","secretAccessKey":"hunter 2"}]}"#), "", ""),
    ] {
        let world = world.file(SDK, INI);
        let chain = chain(name, file);
        let text = report(&chain.check(&world.system()).await.unwrap_err());
        // The region of this profile is not valid, but its credentials are.
        if name != "odd" {
            assert_eq!(outcome(&world, &chain).await, text);
        }
        errors.push(text);
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[tokio::test]
async fn missing_profile_that_is_not_named_is_absent() {
    let mut errors = Vec::new();
    for world in [
        World::new(&[]),
        World::new(&[]).file(HCLOUD, "{}"),
        World::new(&[]).file(HCLOUD, r#"{"current":" ","profiles":[]}"#),
        World::new(&[]).file(HCLOUD, r#"{"current":"a","profiles":[{"name":"a"}]}"#),
    ] {
        errors.push(outcome(&world, &chain("", "")).await);
        let world = world.file(SDK, INI);
        assert_eq!(outcome(&world, &chain("", "")).await, "ini-ak / hunter-ini-sk / hunter=ini:token");
    }
    errors.push(outcome(&World::new(&[(HOME, "")]), &chain("", "")).await);
    insta::assert_snapshot!(errors.join("\n"));
}

/// The credentials of this mode come from the metadata service, which is a later source.
#[tokio::test]
async fn profile_with_mode_ecs_agency_is_absent() {
    let world = World::new(&[]).file(HCLOUD, CONFIG);
    let text = outcome(&world, &chain("ecs", "")).await;
    insta::assert_snapshot!(text, @r#"no credentials found; tried the configuration: access_key and secret_key are not set; the environment (HW_*): HW_ACCESS_KEY and HW_SECRET_KEY are not set; the environment (HUAWEICLOUD_SDK_*): HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set; the environment (CLOUD_SDK_*): CLOUD_SDK_AK and CLOUD_SDK_SK are not set; the hcloud profile "ecs" in ~/.hcloud/config.json: accessKeyId and secretAccessKey are not set; the SDK credentials file ~/.huaweicloud/credentials: the file does not exist"#);
}

#[tokio::test]
async fn sdk_file_is_found_absent_or_broken() {
    let at = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "~/keys.ini")];
    let named = |content: &str| World::new(&at).file("/home/me/keys.ini", content);
    let mut outcomes = Vec::new();
    for world in [
        World::new(&[]).file(SDK, INI),
        named("[basic]\nak=a\nsk=hunter\nak=b\n"),
        World::new(&[]),
        World::new(&[]).file(SDK, "[global]\nak=a\nsk=hunter\n"),
        World::new(&[]).file(SDK, ""),
        World::new(&at),
        World::new(&[]).unreadable(SDK),
        named("[basic]\nak=a\n"),
        named("[basic]\nsk=hunter\nak= \n"),
        named("[basic]\nsecurity_token=hunter\n"),
        named("[basic]\n\nhunter2\n"),
        named("[basic]\nak=a\nsk=hunter 2\n"),
    ] {
        outcomes.push(outcome(&world, &chain("", "")).await);
    }
    insta::assert_snapshot!(outcomes.join("\n"));
}

async fn defaults(world: &World, chain: &Chain) -> Result<String, Error> {
    let Defaults { region, project_id, domain_id, assume_role } = chain.check(&world.system()).await?;
    let region = region.as_ref().map_or("-", |region| region.as_str());
    let project = project_id.as_ref().map_or("-", |id| id.as_str());
    let domain = domain_id.as_ref().map_or("-", |id| id.as_str());
    let agency = assume_role.as_ref().map_or("-", |role| role.agency());
    Ok(format!("{region} {project} {domain} {agency}"))
}

/// Otherwise, the file's project may belong to another account.
#[tokio::test]
async fn settings_of_a_file_apply_if_it_is_named_or_has_the_credentials() {
    let keys = [("HW_ACCESS_KEY", "ak"), ("HW_SECRET_KEY", "hunter-sk")];
    for (world, name, expected) in [
        (World::new(&[]).file(HCLOUD, CONFIG), "", "cn-north-9 p-plain d-plain -"),
        (World::new(&keys).file(HCLOUD, CONFIG), "", "- - - -"),
        (World::new(&keys).file(HCLOUD, CONFIG), "plain", "cn-north-9 p-plain d-plain -"),
        (World::new(&[]).file(HCLOUD, CONFIG), "agency", "- - - ops"),
        (World::new(&keys).file(HCLOUD, CONFIG), "agency", "- - - -"),
        (World::new(&[]).file(SDK, INI), "", "- p-ini - -"),
        (World::new(&keys).file(SDK, INI), "", "- - - -"),
        (World::new(&[]).file(HCLOUD, CONFIG).file(SDK, INI), "temporary", "- - - -"),
        (World::new(&keys).file(HCLOUD, "broken"), "", "- - - -"),
    ] {
        assert_eq!(defaults(&world, &chain(name, "")).await.unwrap(), expected, "{name}");
    }
    let world = World::new(&keys).file(HCLOUD, "broken");
    report(&defaults(&world, &chain("plain", "")).await.unwrap_err());
    let world = World::new(&[]).file(SDK, "[basic]\nak=a\nsk=hunter\nproject_id=a/b\n");
    let text = report(&defaults(&world, &chain("", "")).await.unwrap_err());
    insta::assert_snapshot!(text, @r#"credentials from the SDK credentials file ~/.huaweicloud/credentials: project_id: project id "a/b" is empty or contains characters other than letters, digits, "-" and "_""#);
}
