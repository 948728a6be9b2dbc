{# What landing holds of one stream, and how its payload is read: one declared structure, never auto-detected. #}
{# The registrar's own bookkeeping. Not a source: it says which files exist, it is not data with a lineage. #}
{% macro registered(table) -%} landing.{{ table }} {%- endmacro %}

{# Rows of the committed files that this model has not read yet; each file is opened once. #}
{% macro landed(type, stream) -%}
    {%- set relation = source(type, stream) -%}
    {%- set files = new_files(type, stream) if execute else [] -%}
    {%- if files -%}
        (
            select
                landed.*,
                file.commit_seq as _commit_seq,
                hash(filename, file_row_number) as _version_id
            from
                read_parquet(
                    {{ files }},
                    filename = true,
                    file_row_number = true,
                    union_by_name = true
                ) as landed
            inner join
                {{ registered("commit_file") }} as file on file.path = landed.filename
        )
    {%- else -%} (select *, 0::ubigint as _version_id from {{ relation }} where false)
    {%- endif -%}
{%- endmacro %}

{% macro new_files(type, stream) -%}
    {%- set seen = watermark()["commit_seq"] if is_incremental() else -1 -%}
    {%- set query -%}
        select path
        from {{ registered("commit_file") }}
        where type = '{{ type }}' and stream = '{{ stream }}' and commit_seq > {{ seen }} and rows > 0
        order by commit_seq, path
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{# The newest observation of every key of a snapshot stream, as `record`, with what is known about it. #}
{# `known_from` is when this very content first reached us, however often it was landed again.        #}
{% macro latest(type, stream) -%}
    (
        select
            _site as site_id,
            _key as native_id,
            _site || ':' || _key as record_id,
            {{ parsed(type, stream) }} as record,
            _is_gone as is_deleted,
            _source_updated_at as source_updated_at,
            _first_known_at as known_from,
            _last_commit_seq as _commit_seq
        from
            (
                select
                    *,
                    first_value(_deleted) over (
                        partition by _site, _key
                        order by _known_at desc, _sync_id desc, _deleted, _payload_hash
                    ) as _is_gone,
                    min(_known_at) over (
                        partition by _site, _key, _payload_hash
                    ) as _first_known_at,
                    max(_commit_seq) over (partition by _site, _key) as _last_commit_seq
                from {{ source(type, stream) }}
            )
        where not _deleted
        qualify
            row_number() over (
                partition by _site, _key
                order by _known_at desc, _sync_id desc, _payload_hash desc
            )
            = 1
    )
{%- endmacro %}

{% macro parsed(type, stream, column="payload", structure="structure") -%}
    json_transform({{ column }}, '{{ declared(type, stream, structure) }}')
{%- endmacro %}

{# The structure that the source's yml declares, as json_transform wants it. #}
{% macro declared(type, stream, structure="structure") -%}
    {%- set found = namespace(text="{}") -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == type and node.name == stream -%}
            {%- set found.text = tojson(node.config.meta[structure]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.text) }}
{%- endmacro %}
