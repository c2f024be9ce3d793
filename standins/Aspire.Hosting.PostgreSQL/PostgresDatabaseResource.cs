namespace Aspire.Hosting.ApplicationModel;

/// <summary>A database of a PostgreSQL server; its connection string is that of the server with <c>;Database=…</c>.</summary>
public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
    : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    public PostgresServerResource Parent { get; } = postgresParentResource;

    public string DatabaseName { get; } = databaseName;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={DatabaseName}");

    public ReferenceExpression UriExpression => ReferenceExpression.Create($"{Parent.UriExpression}/{DatabaseName:uri}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        var server = ((IResourceWithConnectionString)Parent).GetConnectionProperties().Where(property => property.Key != "Uri").ToArray();
        return server.Length == 0
            ? []
            : [.. server, new("DatabaseName", ReferenceExpression.Create($"{DatabaseName}")), new("Uri", UriExpression)];
    }
}
