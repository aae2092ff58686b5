//! The published calls of DMS for Kafka, IAM and STS, whether or not the emulator implements them.

/// The calls of version 2 of the DMS API, in the Python SDK 3.1.219 and the official provider 1.97.1. Each line has
/// the methods of a path, and the rest of the path after the prefix; `{}` matches any segment.
const VERSION_2: [(&str, &str); 4] = [
    (
        "/v2/{}/instances/{}",
        "DELETE GET PUT
        GET PUT /auto-volume-expand
        POST /autotopic
        GET /ces-hierarchy
        GET PUT /configs
        GET POST /connector
        GET POST /connector/tasks
        DELETE GET PUT /connector/tasks/{}
        PUT /connector/tasks/{}/pause
        PUT /connector/tasks/{}/restart
        PUT /connector/tasks/{}/resume
        POST /connector/validate
        POST /crossvpc/modify
        GET /groups
        POST /groups/batch-delete
        DELETE GET /groups/{}
        PUT /kafka-manager-password
        GET /manage/cluster
        GET /management/cluster
        GET /management/coordinators
        GET /management/groups/{}
        POST /management/groups/{}/reset-message-offset
        GET /management/topics/{}
        GET /management/topics/{}/messages
        POST /management/topics/{}/partitions-reassignment
        GET /management/topics/{}/partitions/{}/beginning-message
        GET /management/topics/{}/partitions/{}/end-message
        GET /management/topics/{}/partitions/{}/message
        GET /messages
        POST /messages/action
        POST /password
        PUT /restart-kafka-manager
        GET /scheduled-tasks
        DELETE PUT /scheduled-tasks/{}
        GET /tasks
        DELETE GET /tasks/{}
        GET /tasks/{}/progress
        GET POST PUT /topics
        POST /topics/delete
        GET /topics/diskusage
        GET POST PUT /users
        PUT /users/{}",
    ),
    (
        "/v2/kafka/{}/instances/{}",
        "POST /extend
        PUT /groups
        DELETE GET PUT /groups/{}
        POST /groups/{}/delete-offset
        GET /groups/{}/members
        GET /groups/{}/message-offset
        PUT /groups/{}/reset-message-offset
        GET /groups/{}/topics
        DELETE GET POST PUT /kafka-topic-quota
        DELETE GET POST PUT /kafka-user-client-quota
        DELETE GET POST /log/rebalance-log
        POST /reassign
        GET /topics-detail/{}
        PUT /users/{}",
    ),
    (
        "/v2/{}/kafka/instances/{}",
        "PUT /connector/tasks/{}/restart
        POST /delete-connector
        GET /diagnosis-check
        POST /dns
        GET POST /extend
        GET /extend-check
        POST /group
        DELETE GET POST /logs/{}
        DELETE /management
        DELETE GET POST /message-diagnosis-tasks
        GET /message-diagnosis/{}
        POST /plain-ssl-switch
        POST /reassign
        DELETE /topics/{}/messages
        POST /topics/{}/messages/delete
        GET /topics/{}/partitions
        GET /topics/{}/producers
        GET POST /upgrade",
    ),
    (
        "/v2",
        "GET /available-zones
        GET /config/features
        GET /instances/maintain-windows
        GET /kafka/products
        GET /kafka/products/cores
        POST /kafka/{}/instances
        GET POST /{}/connectors/{}/sink-tasks
        DELETE GET /{}/connectors/{}/sink-tasks/{}
        GET /{}/instances
        POST /{}/instances/action
        POST /{}/kafka/instances
        GET /{}/kafka/tags
        GET /{}/kafka/{}/tags
        POST /{}/kafka/{}/tags/action
        GET /{}/quotas
        GET POST PUT /{}/recycle",
    ),
];

/// The older versions of the DMS API, and the APIs of IAM and STS. They have hundreds of calls, so every path
/// counts as published.
const OTHER_VERSIONS: [&str; 6] = ["/v1/", "/v1.0/", "/v3/", "/v3.0/", "/v3-ext/", "/v5/"];

/// Whether the service has this call, or may have it: every path of the other versions counts.
pub(super) fn is_published(method: &str, path: &str) -> bool {
    if OTHER_VERSIONS.iter().any(|version| path.starts_with(version)) {
        return path.split('/').skip(1).all(|segment| !segment.is_empty());
    }
    let sent: Vec<&str> = path.split('/').collect();
    let is_match = |prefix: &str, line: &str| {
        let (methods, rest) = line.split_once('/').map_or((line, None), |(methods, rest)| (methods, Some(rest)));
        let pattern = prefix.split('/').chain(rest.into_iter().flat_map(|rest| rest.split('/')));
        methods.split(' ').any(|known| known == method)
            && pattern.clone().count() == sent.len()
            && pattern.zip(&sent).all(|(part, sent)| part == *sent || part == "{}" && !sent.is_empty())
    };
    VERSION_2.iter().any(|(prefix, lines)| lines.lines().any(|line| is_match(prefix, line.trim())))
}

#[cfg(test)]
mod tests {
    use super::super::ROUTES;
    use super::is_published;

    #[test]
    fn every_implemented_call_is_published_except_those_of_the_metadata_service() {
        for (method, pattern, operation) in ROUTES {
            let metadata = pattern.starts_with("/meta-data/") || pattern.starts_with("/openstack/");
            assert_eq!(is_published(method, pattern), !metadata, "{operation:?}");
        }
    }

    #[test]
    fn method_number_of_segments_and_empty_segments_matter() {
        let table = [
            ("DELETE", "/v2/p/instances/i", true),
            ("POST", "/v2/p/instances/i", false),
            ("GET", "/v2/p/instances/i/management/cluster", true),
            ("GET", "/v2/p/instances/i/management/cluster/", false),
            ("GET", "/v2/p/instances//management/cluster", false),
            ("GET", "/v2/p/instances/i/tags", false),
            ("GET", "/v1.0/p/instances", true),
            ("GET", "/v1.0//instances", false),
            ("GET", "/v2.0/p/instances", false),
            ("GET", "/v3/users", true),
            ("GET", "/v3/", false),
            ("GET", "/v3", false),
        ];
        for (method, path, expected) in table {
            assert_eq!(is_published(method, path), expected, "{method} {path}");
        }
    }
}
