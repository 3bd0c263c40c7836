{#- Incremental strategy `client_night`: the rows of one client night are replaced, in one transaction.

    dbt's delete+insert deletes the keys that the new rows have. A client night that now has no rows would
    keep its old ones; this one deletes by the vars. `dbt run --empty` deletes nothing. -#}

{% macro get_incremental_client_night_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_client_night_sql')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_client_night_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {% if not flags.EMPTY %}
    delete from {{ target }}
    where {{ this_client_night() }};
    {% endif %}
    insert into {{ target }} ({{ columns }})
    (
        select {{ columns }}
        from {{ arg_dict['temp_relation'] }}
    )
{% endmacro %}

{#- dbt-postgres has a transaction open. Two runs of the same client night would each delete the old rows
    and both insert; the lock makes the second wait for the first's commit, and delete its rows. -#}
{% macro postgres__get_incremental_client_night_sql(arg_dict) %}
    select pg_advisory_xact_lock(
        hashtext('{{ arg_dict['target_relation'].schema }}.{{ arg_dict['target_relation'].identifier }}'),
        hashtext('{{ var('client_id') }} {{ var('business_date') }}')
    );
    {{ default__get_incremental_client_night_sql(arg_dict) }}
{% endmacro %}

{#- dbt-snowflake autocommits each statement. -#}
{% macro snowflake__get_incremental_client_night_sql(arg_dict) %}
    {{ return(snowflake_dml_explicit_transaction(default__get_incremental_client_night_sql(arg_dict))) }}
{% endmacro %}
