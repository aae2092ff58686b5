//! The texts that the service publishes for its error codes.

/// The text for a status and code. Every message of such an error starts with it.
///
/// Sources: the error code pages of the API gateway, of IAM, and of DMS in the Open Telekom Cloud. For 111400864,
/// 00404022 and 00400062, the source is the official provider. It shows that the service does not replace `{0}`.
pub(crate) fn published_text(status: u16, code: &str) -> Option<&'static str> {
    Some(match (status, code) {
        (404, "APIGW.0101") => "The API does not exist or has not been published in the environment.",
        (400, "APIGW.0201") => "API request error.",
        (413, "APIGW.0201") => "Request entity too large.",
        (403, "APIGW.0302") => "The IAM user is not authorized to access the API.",
        (403, "APIGW.0310") => "The project is unavailable.",
        (400, "DMS.00400004") => "The request body is empty.",
        (400, "DMS.00400005") => "The message body is not in JSON format or contains invalid characters.",
        (400, "DMS.00400017") => "This DMS instance job task is still running.",
        (400, "DMS.00400026") => "This operation is not allowed due to the instance status.",
        (400, "DMS.00400062") => "Invalid {0} parameter in the request.",
        (400, "DMS.00400800") => "Invalid request parameter. Check the request parameter.",
        (400, "DMS.00400975") => "Failed to query topics.",
        (400, "DMS.10240018") => "The consumer group already exists.",
        (400, "DMS.40050010") => "Offset parameter is invalid.",
        (400, "DMS.111400864") => "The consumer group does not exist.",
        (403, "DMS.00403003") => "This role does not have the permissions to perform this operation.",
        (404, "DMS.00404022") => "This DMS instance does not exist.",
        (400, "IAM.0011") => "Request body is invalid.",
        (401, "IAM.0001") => "The request you have made requires authentication.",
        _ => return None,
    })
}
