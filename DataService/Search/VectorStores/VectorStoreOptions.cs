namespace AiMesh.DataService.Search.VectorStores;

/// <summary>One store of vectors that datasets may name (<c>Search:Stores:{name}</c>).</summary>
internal sealed class VectorStoreOptions
{
    public const string Section = "Search:Stores";

    /// <summary>"chroma", "pinecone", "weaviate" or "milvus".</summary>
    public string Provider { get; set; } = "";

    /// <summary>Address of the server; of Pinecone the host of the index, which has the embeddings' number of dimensions (100) and the metric cosine.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>What the store asks for: an API key, or with Milvus "user:password". Empty: nothing is sent.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Chroma: the tenant; empty: "default_tenant".</summary>
    public string Tenant { get; set; } = "";

    /// <summary>Chroma and Milvus: the database; empty: "default_database" and "default".</summary>
    public string Database { get; set; } = "";

    /// <summary>Before the names of collections, so that several meshes can share a store.</summary>
    public string Prefix { get; set; } = "AiMesh";

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a throttled or failed request is tried again, with growing pauses.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>Everything that is wrong, each after the name of its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (Provider is not ("chroma" or "pinecone" or "weaviate" or "milvus")) yield return "Provider: expected chroma, pinecone, weaviate or milvus";
        if (!(Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")) yield return "Endpoint: expected an http or https address";
        if (Provider == "pinecone" && ApiKey.Length == 0) yield return "ApiKey: expected an API key";
        if (Prefix.Length is 0 or > 30 || !char.IsAsciiLetterUpper(Prefix[0]) || !Prefix.All(char.IsAsciiLetterOrDigit)) yield return "Prefix: expected 1 to 30 of A-Z, a-z and 0-9, beginning with a capital";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5)) yield return "Timeout: expected more than zero and at most five minutes";
        if (Retries is < 0 or > 20) yield return "Retries: expected 0 to 20";
    }
}
