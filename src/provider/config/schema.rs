//! The arguments of the provider block, their documentation beside them.

use crate::tf_provider::schema::NestedBlock;
use crate::tf_provider::value::Type;
use crate::tf_provider::{Attribute, Block, Schema};

fn text(name: &str, description: &str) -> Attribute {
    Attribute::optional(name, Type::String, description)
}

/// The block.
pub(crate) fn schema() -> Schema {
    let block = Block::new("Resets the offsets of Kafka consumer groups on Huawei Cloud (DMS for Kafka).");
    Schema::new(connection(account(keys(block))).block(assume_role()).block(assume_role_with_oidc()))
}

fn keys(block: Block) -> Block {
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
                "Token that temporary keys come with. Environment: `HW_SECURITY_TOKEN`, then \
                 `HUAWEICLOUD_SDK_SECURITY_TOKEN`.",
            )
            .sensitive(),
        )
        .attribute(text(
            "profile",
            "Name of a profile of hcloud (KooCLI), asked for keys after the environment. Default: the file's current \
             one. Environment: `HW_PROFILE`.",
        ))
        .attribute(text(
            "shared_config_file",
            "File of the profiles. Default: `~/.hcloud/config.json`. Environment: `HW_SHARED_CONFIG_FILE`.",
        ))
        .attribute(Attribute::optional(
            "use_ecs_metadata",
            Type::Bool,
            "When nothing else has keys, take those of the agency attached to the ECS that this runs on. Default: \
             `false`. Environment: `HW_USE_ECS_METADATA`.",
        ))
}

fn account(block: Block) -> Block {
    block
        .attribute(text(
            "project_id",
            "Id of the project in the provider's region; with it no project is looked up. Environment: \
             `HW_PROJECT_ID`, then `HUAWEICLOUD_SDK_PROJECT_ID`; then the `projectId` of the profile, or the \
             `project_id` of the SDK file that the keys are from.",
        ))
        .attribute(text(
            "project_name",
            "Name of the project to look up, such as `cn-north-4_team` for a sub-project. Default: the region's name, \
             which is its main project. Environment: `HW_PROJECT_NAME`.",
        ))
        .attribute(text(
            "domain_id",
            "Id of the account that the keys belong to. Only roles need it, and it is looked up for them. Environment: \
             `HW_DOMAIN_ID`; then the profile's `domainId`.",
        ))
        .attribute(text(
            "domain_name",
            "Name of the account that the keys belong to, to look it up. Environment: `HW_DOMAIN_NAME`.",
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
            "Addresses by service, in place of the public ones: `dms`, `iam`, `sts`. Plain `http://` is for this \
             computer only, unless `insecure` is set.",
        ))
        .attribute(Attribute::optional(
            "insecure",
            Type::Bool,
            "Do not check certificates, and allow plain `http://` to any host. Environment: `HW_INSECURE`, which \
             accepts the values of Go's `strconv.ParseBool` (`true`, `True`, `t`, `1`, …).",
        ))
        .attribute(text("cacert_file", "File with the certificates to trust (PEM), in place of the system's."))
        .attribute(text("request_timeout", "Time limit of one request, such as `45s` or `PT45S`. Default: `30s`."))
        .attribute(Attribute::optional(
            "max_retries",
            Type::Number,
            "How often a request is repeated that failed in passing. Default: 5. Environment: `HW_MAX_RETRIES`.",
        ))
        .attribute(Attribute::optional(
            "max_requests_per_second",
            Type::Number,
            "How many requests leave per second, evenly spaced; `0.5` is one in two seconds. Default: no limit of the \
             provider's own.",
        ))
}

fn assume_role() -> NestedBlock {
    let block = Block::new(
        "A role to take on after signing in. Several are taken on in order, each with the keys of the one before. \
         What a single block leaves out is taken from the environment, which is enough without a block.",
    )
    .attribute(text("agency_name", "Name of the agency. Environment: `HW_ASSUME_ROLE_AGENCY_NAME`."))
    .attribute(text(
        "domain_name",
        "Name of the agency's account: the role is asked for at IAM (version 3). Environment: \
         `HW_ASSUME_ROLE_DOMAIN_NAME`.",
    ))
    .attribute(text(
        "domain_id",
        "Id of the agency's account: the role is asked for at STS (version 5). Comes before `domain_name`. \
         Environment: `HW_ASSUME_ROLE_DOMAIN_ID`.",
    ))
    .attribute(duration(
        "900 to 86400 with `domain_name`, 43200 by default; 900 to 43200 with `domain_id`, 3600 by default",
    ));
    NestedBlock::list("assume_role", block)
}

fn assume_role_with_oidc() -> NestedBlock {
    let block = Block::new(
        "Sign in with a token of an identity provider (OIDC) and take on a role with it; no other keys are looked for. \
         What the block leaves out is taken from the environment, which is enough without the block.",
    )
    .attribute(text("agency_name", "Name of the agency. Environment: `HW_ASSUME_ROLE_AGENCY_NAME`."))
    .attribute(text("domain_id", "Id of the agency's account. Environment: `HW_ASSUME_ROLE_DOMAIN_ID`."))
    .attribute(duration("900 to 43200, 3600 by default"))
    .attribute(text("idp_id", "Id of the identity provider in IAM. Environment: `HW_ASSUME_ROLE_IDP_ID`."))
    .attribute(text("id_token", "Token of the identity provider. Environment: `HW_ASSUME_ROLE_ID_TOKEN`.").sensitive())
    .attribute(text(
        "id_token_file",
        "File with the token, in place of `id_token`, read again whenever keys are renewed. Environment: \
         `HW_ASSUME_ROLE_ID_TOKEN_FILE`.",
    ));
    NestedBlock::list("assume_role_with_oidc", block).at_most(1)
}

fn duration(range: &str) -> Attribute {
    let description = format!("How long keys live, in seconds: {range}. Environment: `HW_ASSUME_ROLE_DURATION`.");
    Attribute::optional("duration", Type::Number, description)
}
