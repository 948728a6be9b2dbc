select
    record_id as person_id,
    site_id,
    native_id,
    record.displayname as display_name,
    record.emailaddress as email_address,
    coalesce(record.active, false) and not is_deleted as is_active,
    record.accounttype as account_type,
    record.timezone as time_zone,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("jira", "user") }}
