{#- Every generic data test looks at the client night being built only: the tables hold all clients, and years
    of nights. Here and not as `where` in dbt_project.yml, which is fixed when the project is parsed: a manifest
    parsed for one client night and used for another would test the wrong rows, and pass. -#}
{% macro default__get_where_subquery(relation) %}
    {%- set where = config.get('where') -%}
    {%- set filtered -%}
        (
            select * from {{ relation }}
            where {{ this_client_night() }}{% if where %} and ({{ where }}){% endif %}
        ) as client_night
    {%- endset -%}
    {{ return(filtered) }}
{% endmacro %}
