//! Settings and the addresses of services.

use super::*;

fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

fn custom(pairs: &[(&str, &str)], insecure: bool) -> Result<Endpoints, Error> {
    Endpoints::parse(&EndpointSettings {
        custom: pairs.iter().map(|(name, address)| ((*name).to_owned(), (*address).to_owned())).collect(),
        insecure,
        ..EndpointSettings::default()
    })
}

fn address(endpoints: &Endpoints, service: Service, home: &str) -> String {
    let home = region(home);
    endpoints.resolve(service, None, Some(&home)).unwrap().to_string()
}

/// Host rules of the official provider (`config/endpoints.go`) and the Go SDK's region list.
#[test]
fn public_hosts_follow_service_and_region() {
    let endpoints = Endpoints::parse(&EndpointSettings::default()).unwrap();
    for (service, home, expected) in [
        (Service::Dms, "cn-north-4", "https://dms.cn-north-4.myhuaweicloud.com"),
        (Service::Dms, "eu-west-0", "https://dms.eu-west-0.myhuaweicloud.com"),
        (Service::Dms, "eu-west-101", "https://dms.eu-west-101.myhuaweicloud.eu"),
        (Service::Iam, "eu-west-101", "https://iam.eu-west-101.myhuaweicloud.eu"),
        (Service::Iam, "ap-southeast-3", "https://iam.ap-southeast-3.myhuaweicloud.com"),
        (Service::Sts, "cn-north-4", "https://sts.cn-north-4.myhuaweicloud.com"),
    ] {
        assert_eq!(address(&endpoints, service, home), expected);
    }
}

#[test]
fn cloud_replaces_the_domain() {
    let endpoints = Endpoints::parse(&EndpointSettings {
        cloud: Some(" prod-cloud-ocb.orange-business.com ".to_owned()),
        ..EndpointSettings::default()
    })
    .unwrap();
    assert_eq!(
        address(&endpoints, Service::Dms, "eu-west-101"),
        "https://dms.eu-west-101.prod-cloud-ocb.orange-business.com"
    );
}

#[test]
fn cloud_that_is_not_a_domain_is_an_error() {
    let mut errors = Vec::new();
    for cloud in ["", "a..b", "https://x.com", "x.com/path", "x.com:1", "X.com", "-x.com"] {
        let settings = EndpointSettings { cloud: Some(cloud.to_owned()), ..EndpointSettings::default() };
        let error = Endpoints::parse(&settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        errors.push(error.report());
    }
    insta::assert_snapshot!(errors.join("\n"), @r#"
    cloud: "" is not a domain such as "myhuaweicloud.com"
    cloud: "a..b" is not a domain such as "myhuaweicloud.com"
    cloud: "https://x.com" is not a domain such as "myhuaweicloud.com"
    cloud: "x.com/path" is not a domain such as "myhuaweicloud.com"
    cloud: "x.com:1" is not a domain such as "myhuaweicloud.com"
    cloud: "X.com" is not a domain such as "myhuaweicloud.com"
    cloud: "-x.com" is not a domain such as "myhuaweicloud.com"
    "#);
}

#[test]
fn other_region_has_its_own_dms_host_and_the_default_iam_host() {
    let endpoints = Endpoints::parse(&EndpointSettings::default()).unwrap();
    let (home, other) = (region("cn-north-4"), region("eu-west-101"));
    let resolve = |service| endpoints.resolve(service, Some(&other), Some(&home)).unwrap().to_string();
    assert_eq!(resolve(Service::Dms), "https://dms.eu-west-101.myhuaweicloud.eu");
    assert_eq!(resolve(Service::Iam), "https://iam.cn-north-4.myhuaweicloud.com");
}

#[test]
fn custom_addresses_are_completed() {
    for (given, expected) in [
        ("https://dms.example.com", "https://dms.example.com"),
        (" dms.example.com/ ", "https://dms.example.com"),
        ("dms.example.com:8443", "https://dms.example.com:8443"),
        ("https://dms.example.com:443/", "https://dms.example.com"),
        ("https://gw.example.com/kafka/", "https://gw.example.com/kafka"),
        ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1/", "http://[::1]:1"),
    ] {
        let endpoints = custom(&[("dms", given)], false).unwrap();
        assert_eq!(address(&endpoints, Service::Dms, "cn-north-4"), expected, "{given}");
    }
}

#[test]
fn errors_of_invalid_addresses_do_not_quote_passwords() {
    let addresses = [
        "",
        "  ",
        "https://",
        "https://user:hunter2@x.com",
        "https://hunter2@x.com",
        "https://x.com/?a=hunter2",
        "https://x.com/#hunter2",
        "ftp://x.com",
        "http://x.com",
        "http://128.0.0.1",
        "http://localhost.x.com",
        "http://[::2]",
    ];
    let errors = addresses.map(|address| custom(&[("dms", address)], false).unwrap_err());
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Config));
    insta::assert_snapshot!(errors.map(|error| error.report()).join("\n"), @r"
    endpoints: dms: the address is empty
    endpoints: dms: the address is empty
    endpoints: dms: the address cannot be read: empty host
    endpoints: dms: the address must not contain a user or a password
    endpoints: dms: the address must not contain a user or a password
    endpoints: dms: the address must not contain a query or a fragment
    endpoints: dms: the address must not contain a query or a fragment
    endpoints: dms: the scheme must be https or http
    endpoints: dms: plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set `insecure`
    endpoints: dms: plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set `insecure`
    endpoints: dms: plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set `insecure`
    endpoints: dms: plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set `insecure`
    ");
}

#[test]
fn insecure_allows_plain_http_for_other_computers() {
    let endpoints = custom(&[("dms", "http://dms.example.com")], true).unwrap();
    assert_eq!(address(&endpoints, Service::Dms, "cn-north-4"), "http://dms.example.com");
}

#[test]
fn error_of_an_unknown_service_lists_the_known_ones() {
    let error = custom(&[("kafka", "https://x.com")], false).unwrap_err();
    insta::assert_snapshot!(error, @r#"endpoints: unknown service "kafka"; known are dms, iam, sts"#);
}

#[test]
fn custom_dms_endpoint_serves_only_the_default_region() {
    let endpoints = custom(&[("dms", "https://dms.example.com")], false).unwrap();
    let (home, other) = (region("cn-north-4"), region("cn-north-9"));
    assert!(endpoints.resolve(Service::Dms, Some(&home), Some(&home)).is_ok());
    assert!(endpoints.resolve(Service::Dms, None, None).is_ok());
    let error = |home| endpoints.resolve(Service::Dms, Some(&other), home).unwrap_err().to_string();
    insta::assert_snapshot!([error(Some(&home)), error(None)].join("\n"), @r"
    region cn-north-9 cannot be reached: the custom endpoint https://dms.example.com for dms serves the default region cn-north-4 only
    region cn-north-9 cannot be reached: the custom endpoint https://dms.example.com for dms serves the default region, which is not set, only
    ");
}

#[test]
fn public_host_needs_a_region() {
    let endpoints = Endpoints::parse(&EndpointSettings::default()).unwrap();
    let error = endpoints.resolve(Service::Dms, None, None).unwrap_err();
    insta::assert_snapshot!(error, @"no region is set, so the address of dms is unknown; set `region`");
}

#[test]
fn address_of_iam_may_contain_its_version() {
    for (auth_url, iam, expected) in [
        (Some("https://iam.example.com/v3"), None, "https://iam.example.com"),
        (Some("https://iam.example.com/v3/"), None, "https://iam.example.com"),
        (Some("https://iam.example.com"), None, "https://iam.example.com"),
        (Some("https://gw.example.com/iam/v3"), None, "https://gw.example.com/iam"),
        (None, Some("iam.example.com/v3/"), "https://iam.example.com"),
        (Some("https://first.example.com/v3"), Some("second.example.com"), "https://first.example.com"),
    ] {
        let endpoints = Endpoints::parse(&EndpointSettings {
            auth_url: auth_url.map(str::to_owned),
            custom: iam.map(|iam| ("iam".to_owned(), iam.to_owned())).into_iter().collect(),
            ..EndpointSettings::default()
        })
        .unwrap();
        assert_eq!(address(&endpoints, Service::Iam, "cn-north-4"), expected);
    }
}

#[test]
fn encoded_paths_and_queries_are_joined_byte_for_byte() {
    let base = |text| Endpoint::parse("test", text, false).unwrap();
    let path = "/groups/%2F%23%3F%C3%A9%27%7C%7B%7D%252e%252e/x";
    assert_eq!(
        base("https://gw.example.com/p/").join(path, "a=%27&b=").unwrap().as_str(),
        format!("https://gw.example.com/p{path}?a=%27&b=")
    );
}

#[test]
fn path_that_the_url_library_would_change_is_an_error() {
    let endpoint = Endpoint::parse("test", "https://x.com", false).unwrap();
    for path in ["/a/../b", "/a/%2e%2E/b", "/a/.", "/a b", "/a{b", "/a?b#c"] {
        assert!(endpoint.join(path, "").is_err(), "{path}");
    }
}
