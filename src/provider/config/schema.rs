//! The schema of the provider block.

use crate::tf_provider::schema::NestedBlock;
use crate::tf_provider::value::Type;
use crate::tf_provider::{Attribute, Block, Schema};

fn text(name: &str, description: &str) -> Attribute {
    Attribute::optional(name, Type::String, description)
}

/// The schema of the provider block.
pub(crate) fn schema() -> Schema {
    let block = Block::new("Resets the offsets of Kafka consumer groups on Huawei Cloud (DMS for Kafka).");
    Schema::new(connection(account(credentials(block))).block(assume_role()).block(assume_role_with_oidc()))
}

fn credentials(block: Block) -> Block {
    block
        .attribute(text(
            "region",
            "Region, such as `cn-north-4`. Environment: `HW_REGION_NAME`; then the profile's `region`.",
        ))
        .attribute(text(
            "access_key",
            "Access key (AK). Environment: `HW_ACCESS_KEY`, then `HUAWEICLOUD_SDK_AK`, then `CLOUD_SDK_AK`.",
        ))
        .attribute(
            text(
                "secret_key",
                "Secret key (SK). Environment: `HW_SECRET_KEY`, then `HUAWEICLOUD_SDK_SK`, then `CLOUD_SDK_SK`. Both \
                 keys come from the same source.",
            )
            .sensitive(),
        )
        .attribute(
            text(
                "security_token",
                "Security token of temporary credentials. Environment: `HW_SECURITY_TOKEN`, then \
                 `HUAWEICLOUD_SDK_SECURITY_TOKEN`.",
            )
            .sensitive(),
        )
        .attribute(text(
            "profile",
            "Name of a profile of hcloud (KooCLI). Its credentials are used if the block and the environment have \
             none. Default: the current profile of the file. Environment: `HW_PROFILE`.",
        ))
        .attribute(text(
            "shared_config_file",
            "Path of the file with the profiles. Default: `~/.hcloud/config.json`. Environment: \
             `HW_SHARED_CONFIG_FILE`.",
        ))
        .attribute(Attribute::optional(
            "use_ecs_metadata",
            Type::Bool,
            "Use the credentials of the agency of the ECS instance that Terraform runs on, if no other source has \
             credentials. Default: `false`. Environment: `HW_USE_ECS_METADATA`.",
        ))
}

fn account(block: Block) -> Block {
    block
        .attribute(text(
            "project_id",
            "Id of the project in the provider's region. If it is set, no project is looked up. Environment: \
             `HW_PROJECT_ID`, then `HUAWEICLOUD_SDK_PROJECT_ID`; then the `projectId` of the profile, or the \
             `project_id` of the SDK file that the credentials are from.",
        ))
        .attribute(text(
            "project_name",
            "Name of the project to look up, such as `cn-north-4_team` for a sub-project. Default: the region's name, \
             which is the name of its main project. Environment: `HW_PROJECT_NAME`.",
        ))
        .attribute(text(
            "domain_id",
            "Id of the account that the credentials belong to. Only roles need it. Default: looked up. Environment: \
             `HW_DOMAIN_ID`; then the profile's `domainId`.",
        ))
        .attribute(text(
            "domain_name",
            "Name of the account that the credentials belong to, to look up its id. Environment: `HW_DOMAIN_NAME`.",
        ))
}

fn connection(block: Block) -> Block {
    block
        .attribute(text(
            "cloud",
            "Domain of the public endpoints. Default: `myhuaweicloud.com`, or `myhuaweicloud.eu` for regions that \
             begin with `eu-west-1`. Environment: `HW_CLOUD`.",
        ))
        .attribute(text("auth_url", "Address of IAM, such as `https://iam.example/v3`. Environment: `HW_AUTH_URL`."))
        .attribute(Attribute::optional(
            "endpoints",
            Type::Map(Box::new(Type::String)),
            "Endpoints that replace the public ones, by service: `dms`, `iam`, `sts`. Plain `http://` is accepted only \
             for this computer, unless `insecure` is set.",
        ))
        .attribute(Attribute::optional(
            "insecure",
            Type::Bool,
            "Do not check certificates, and allow plain `http://` to any host. Environment: `HW_INSECURE`, which \
             accepts the values of Go's `strconv.ParseBool` (`true`, `True`, `t`, `1`, …).",
        ))
        .attribute(text("cacert_file", "Path of a PEM file with the CA certificates to trust instead of the system's."))
        .attribute(text("request_timeout", "Time limit of one request, such as `45s` or `PT45S`. Default: `30s`."))
        .attribute(Attribute::optional(
            "max_retries",
            Type::Number,
            "How often a request is retried after a temporary failure. Default: 5. Environment: `HW_MAX_RETRIES`.",
        ))
        .attribute(Attribute::optional(
            "max_requests_per_second",
            Type::Number,
            "Maximum rate of requests, evenly spaced. `0.5` means one request in two seconds. Default: no limit.",
        ))
}

fn assume_role() -> NestedBlock {
    let block = Block::new(
        "An agency to assume after the sign-in. Several agencies are assumed in order, each with the credentials of \
         the one before. Environment variables supply the arguments that a single block does not set; they are \
         sufficient without a block.",
    )
    .attribute(text("agency_name", "Name of the agency. Environment: `HW_ASSUME_ROLE_AGENCY_NAME`."))
    .attribute(text(
        "domain_name",
        "Name of the agency's account. The agency is assumed through IAM (API version 3). Environment: \
         `HW_ASSUME_ROLE_DOMAIN_NAME`.",
    ))
    .attribute(text(
        "domain_id",
        "Id of the agency's account. The agency is assumed through STS (API version 5). Takes precedence over \
         `domain_name`. Environment: `HW_ASSUME_ROLE_DOMAIN_ID`.",
    ))
    .attribute(duration(
        "900 to 86400 with `domain_name`, 43200 by default; 900 to 43200 with `domain_id`, 3600 by default",
    ));
    NestedBlock::list("assume_role", block)
}

fn assume_role_with_oidc() -> NestedBlock {
    let block = Block::new(
        "Signs in with a token of an identity provider (OIDC) and assumes an agency. No other source of credentials is \
         used. Environment variables supply the arguments that the block does not set; they are sufficient without the \
         block.",
    )
    .attribute(text("agency_name", "Name of the agency. Environment: `HW_ASSUME_ROLE_AGENCY_NAME`."))
    .attribute(text("domain_id", "Id of the agency's account. Environment: `HW_ASSUME_ROLE_DOMAIN_ID`."))
    .attribute(duration("900 to 43200, 3600 by default"))
    .attribute(text("idp_id", "Id of the identity provider in IAM. Environment: `HW_ASSUME_ROLE_IDP_ID`."))
    .attribute(text("id_token", "Token of the identity provider. Environment: `HW_ASSUME_ROLE_ID_TOKEN`.").sensitive())
    .attribute(text(
        "id_token_file",
        "Path of a file with the token, instead of `id_token`. It is read again whenever the credentials are renewed. \
         Environment: `HW_ASSUME_ROLE_ID_TOKEN_FILE`.",
    ));
    NestedBlock::list("assume_role_with_oidc", block).at_most(1)
}

fn duration(range: &str) -> Attribute {
    let description =
        format!("Lifetime of the credentials, in seconds: {range}. Environment: `HW_ASSUME_ROLE_DURATION`.");
    Attribute::optional("duration", Type::Number, description)
}
