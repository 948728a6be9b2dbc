{# Tables and views replaced within one transaction. dbt-duckdb builds beside the old one and renames twice, each time   #}
{# by macros of their own, which costs more than most of our tables take to compute. DuckDB shows others the old one     #}
{# until the commit, and keeps it where the new one fails.                                                                #}
{% materialization table, adapter = "duckdb" %}
    {{ return(_replaced("table", load_cached_relation(this))) }}
{% endmaterialization %}

{% materialization view, adapter = "duckdb" %}
    {{ return(_replaced("view", load_cached_relation(this))) }}
{% endmaterialization %}

{# What is new is computed once, takes the place of the rows with the same key, and is gone again: one statement, where  #}
{# dbt-duckdb asks six times what columns there are.                                                                     #}
{% materialization incremental, adapter = "duckdb" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {{ return(_replaced("table", existing)) }}
    {%- endif -%}
    {%- set key = config.get("unique_key") if config.get("incremental_strategy") == "delete+insert" -%}
    {%- set news = "new_" ~ this.identifier -%}
    {{ return(_stored(this.incorporate(type="table"), _updated(this, news, key))) }}
{% endmaterialization %}

{% macro _replaced(kind, existing) %}
    {%- set target = this.incorporate(type=kind) -%}
    {%- set statements -%}
        {% if existing is not none -%}
            drop {{ existing.type }} if exists {{ existing }};
        {% endif -%}
        {% if kind == "table" -%} {{ create_table_as(False, target, sql) }}
        {%- else -%} {{ get_create_view_as_sql(target, sql) }}
        {%- endif %}
    {%- endset -%}
    {{ return(_stored(target, statements, is_new=kind == "table")) }}
{% endmacro %}

{# By name: columns stand in any order. A contract is compared where the models are new, see below. #}
{% macro _updated(target, news, key) %}
    {% if not key %} insert into {{ target }} by name ({{ sql }}) ;
    {% else %}
        {{ create_table_as(True, target.incorporate(path={"identifier": news}), sql) }}
        delete from {{ target }}
        where {{ key }} in (select {{ key }} from {{ news }})
        ;
        insert into {{ target }} by name (select * from {{ news }});
        drop table {{ news }};
    {% endif %}
{% endmacro %}

{# One transaction and one statement, hooks included: each statement is several messages and round trips to dbt. What    #}
{# fails halfway is rolled back as its connection is closed.                                                             #}
{% macro _stored(target, statements, is_new=false) %}
    {% call statement("main", auto_begin=False) -%}
        begin
        ;
        {{ statements }}
        {% for hook in post_hooks %}
            {{ render(hook.sql) }}
            ;
        {% endfor %}
        commit
        ;
    {%- endcall %}
    {% if is_new and config.get("indexes") %}
        {% do create_indexes(target) %}
    {% endif %}
    {% if config.persist_relation_docs() or config.persist_column_docs() %}
        {% do persist_docs(target, model) %}
    {% endif %}
    {{ return({"relations": [target]}) }}
{% endmacro %}

{# A contract is compared by two queries a table, which only a change of models can make differ. #}
{% macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- if not var("contracts_hold", false) -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
