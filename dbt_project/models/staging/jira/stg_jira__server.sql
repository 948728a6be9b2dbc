select
    record_id as server_id,
    site_id,
    record.baseurl as base_url,
    record.version as server_version,
    record.deploymenttype as deployment_type,
    {{ utc("record.servertime") }} as server_time,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "server") }}
