{# What landing holds of one stream, and how its payload is read: one declared structure, never auto-detected. #}
{# The registrar's own bookkeeping. Not a source: it says which files exist, it is not data with a lineage. #}
{% macro registered(table) -%} landing.{{ table }} {%- endmacro %}

{# What the ledger was told by earlier runs. Not a source: its asset follows the release, which holds this very table. #}
{% macro said_before(table) -%} ledger.{{ table }} {%- endmacro %}

{# Rows of the committed files that this model has not read yet; each file is opened once. #}
{% macro landed(type, stream) -%}
    {%- set relation = source(type, stream) -%}
    {%- set files = new_files(type, stream) if execute else [] -%}
    {%- if files -%}
        (
            select
                landed.*,
                file.commit_seq as _commit_seq,
                hash(landed.filename, landed.file_row_number) as _version_id
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
{# Rewound: the newest that was recorded by `as_of`; a key without one does not exist yet, and what   #}
{# was removed later is still there. Not rewound: as last seen, for streams that carry no source time #}
{# and would have no past before the first sync. `counts_from`: see `recorded_versions`.              #}
{% macro latest(type, stream, rewound=false, counts_from=none) -%}
    (
        select
            _site as site_id,
            _key as native_id,
            _site || ':' || _key as record_id,
            {{ parsed(type, stream) }} as record,
            _is_gone as is_deleted,
            {{ "_recorded_at" if rewound else "coalesce(_source_updated_at, _first_known_at)" }}
            as recorded_at,
            _first_known_at as known_from,
            _last_commit_seq as _commit_seq
            {%- if rewound %}, _moved_at{% endif %}
        from
            (
                select
                    *,
                    {%- if rewound %}
                        max(_recorded_at) over (partition by _site, _key) as _moved_at,
                    {%- endif %}
                    first_value(_deleted) over (
                        partition by _site, _key
                        order by _known_at desc, _sync_id desc, _deleted, _payload_hash
                    ) as _is_gone,
                    min(_known_at) over (
                        partition by _site, _key, _payload_hash
                    ) as _first_known_at,
                    max(_commit_seq) over (partition by _site, _key) as _last_commit_seq
                {%- if rewound %}
                    from {{ recorded_versions(source(type, stream), counts_from) }}
                    where {{ recorded_to_date("_recorded_at") }}
                {%- else %} from {{ source(type, stream) }}
                {%- endif %}
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

{# Every version of every key with `_recorded_at`: the source's time, and `_known_at` where there is none or it    #}
{# cannot be: nothing is recorded after it reached us (clocks differ), nor before the version it follows (a file   #}
{# brought back with its old time). `counts_from` names a day in the content from which a key's first version      #}
{# counts if that is earlier; a later version is a correction, and counts from when it was made.                   #}
{# `key` tells records apart, and `counting` says which of them name such a day.                                    #}
{% macro recorded_versions(relation, counts_from=none, key="_site, _key", counting="true") -%}
    (
        select
            *,
            least(
                _known_at,
                if(
                    _source_updated_at < max(_source_updated_at) over before,
                    null,
                    _source_updated_at
                )
                {%- if counts_from %}
                    ,
                    if(
                        {{ counting }} and count(*) over before = 0,
                        {{ start_of_day("try_cast(payload ->> '$." ~ counts_from ~ "' as date)") }},
                        null
                    )
                {%- endif %}
            ) as _recorded_at
        from {{ relation }}
        window
            before as (
                partition by {{ key }}
                order by _known_at, _sync_id, _deleted desc, _payload_hash
                rows between unbounded preceding and 1 preceding
            )
    )
{%- endmacro %}

{# `inner`: keys whose structure is declared apart, opened in the same pass; every pass reads the whole payload. #}
{% macro parsed(type, stream, inner={}) -%}
    json_transform(payload, '{{ declared(type, stream, inner) }}')
{%- endmacro %}

{# The structure that the source's yml declares, as json_transform wants it. #}
{% macro declared(type, stream, inner={}) -%}
    {%- set found = namespace(text="{}") -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == type and node.name == stream -%}
            {%- set structure = dict(node.config.meta["structure"]) -%}
            {%- for key, name in inner.items() -%}
                {%- do structure.update({key: node.config.meta[name]}) -%}
            {%- endfor -%}
            {%- set found.text = tojson(structure) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.text) }}
{%- endmacro %}
