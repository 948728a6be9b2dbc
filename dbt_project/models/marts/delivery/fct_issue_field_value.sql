{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}
{% set durations = "('timespent', 'timeestimate', 'timeoriginalestimate', 'aggregatetimespent', 'aggregatetimeestimate', 'aggregatetimeoriginalestimate')" %}

-- What every field holds that is no column of an issue, typed by itself: by the JSON it
-- is, and where that is text, by the type the field declares.
-- What no type can take is kept as it came, with the reason: never silently null.
with
    {% if is_incremental() %}
        touched as (
            {{ changed_issues(mark, {"int_delivery__issue_current": "updated_at", "int_delivery__issue_change": "changed_at"}) }}
            union
            select issue_id
            from {{ this }}
            where
                field_key in (
                    select field_key
                    from {{ ref("stg_jira__field") }}
                    where _commit_seq > {{ mark["commit_seq"] }}
                )
        ),
    {% endif %}
    issue as (
        select issue_id, _version_id, site_id, project_id, created_at, known_from
        from {{ ref("int_delivery__issue_current") }}
        where {{ only_touched() }} and created_at <= {{ as_of() }}
    ),
    held as (
        select issue.*, unnest(map_entries(version.other_fields)) as entry
        from {{ ref("stg_jira__issue") }} as version
        inner join issue using (issue_id, _version_id)
        where {{ only_touched() }}
    ),
    changed as (
        select issue_id, field_id, max(changed_at) as changed_at
        from {{ ref("int_delivery__issue_change") }}
        where {{ only_touched() }}
        group by all
    ),
    valued as (
        select
            held.issue_id,
            held.project_id,
            held.site_id || ':' || held.entry.key as field_key,
            held.entry.key as field_id,
            field.field_name,
            field.value_type,
            held.entry.value as value,
            json_type(held.entry.value) as json_type,
            held.entry.value ->> '$' as text,
            coalesce(changed.changed_at, held.created_at) as recorded_at,
            held.known_from
        from held
        left join
            {{ ref("stg_jira__field") }} as field
            on field.site_id = held.site_id
            and field.field_id = held.entry.key
        left join
            changed
            on changed.issue_id = held.issue_id
            and changed.field_id = held.entry.key
    ),
    sorted as (
        select
            *,
            json_type in ('BIGINT', 'UBIGINT', 'DOUBLE')
            or (value_type = 'number' and json_type = 'VARCHAR') as is_number,
            json_type = 'VARCHAR' and value_type in ('date', 'datetime') as is_moment
        from valued
        where recorded_at <= {{ as_of() }}
    ),
    -- only what may be one is read as a number or an instant: reading is what costs
    typed as (
        select
            *,
            case when is_number then try_cast(text as decimal(38, 9)) end as number,
            case when is_moment then {{ utc("text") }} end as moment
        from sorted
    ),
    judged as (
        select
            *,
            case
                when is_number and number is null and json_type = 'VARCHAR'
                then 'declared a number, holds text'
                when is_number and number is null
                then 'number out of range'
                when number < 0 and field_id in {{ durations }}
                then 'negative duration'
                when is_moment and moment is null
                then 'no date between the years 1 and 9999'
            end as quarantine_reason
        from typed
    )
select
    issue_id || ':' || field_id as value_id,
    issue_id,
    project_id,
    field_key,
    field_id,
    coalesce(field_name, field_id) as field_name,
    case
        when is_number or is_moment or quarantine_reason is not null
        then null
        when json_type = 'ARRAY'
        then
            nullif(
                array_to_string(
                    list_transform(
                        from_json(value, '["JSON"]'),
                        lambda element:{{ readable(label_of("element")) }}
                    ),
                    ', '
                ),
                ''
            )
        else {{ readable(label_of("value")) }}
    end as text_value,
    if(is_number and quarantine_reason is null, number, null) as number_value,
    if(is_moment, moment, null) as value_at,
    if(
        json_type in ('OBJECT', 'ARRAY') or quarantine_reason is not null, value, null
    )::varchar as json_value,
    quarantine_reason,
    recorded_at,
    known_from,
    {{ tide([ref("int_delivery__issue_current"), ref("int_delivery__issue_change"), ref("stg_jira__field")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of
from judged
