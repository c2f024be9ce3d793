using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Postgres;

/// <summary>Creates a database in a way of the AppHost's own.</summary>
internal sealed record CreationScript(string Sql) : IResourceAnnotation;
