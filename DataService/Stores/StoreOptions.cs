namespace AiMesh.DataService.Stores;

/// <summary>One store that datasets may name (<c>Stores:{name}</c>).</summary>
internal sealed class StoreOptions
{
    public const string Section = "Stores";

    /// <summary>"dynamodb", "cosmos" or "firestore". PostgreSQL is where items are without any store.</summary>
    public string Provider { get; set; } = "";

    /// <summary>
    /// Address: of DynamoDB's endpoint (empty: the region's), of the Cosmos DB account, of Firestore (empty: https://firestore.googleapis.com).
    /// </summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Before the names of tables, so that several meshes can share an account.</summary>
    public string Prefix { get; set; } = "aimesh-";

    /// <summary>DynamoDB: for example "eu-central-1".</summary>
    public string Region { get; set; } = "";

    /// <summary>DynamoDB: id of an access key; empty: what the machine offers (role of the instance or pod, environment).</summary>
    public string AccessKey { get; set; } = "";

    /// <summary>DynamoDB: the secret of the access key. Cosmos DB: the account's key, in base64.</summary>
    public string SecretKey { get; set; } = "";

    /// <summary>Cosmos DB and Firestore: the database; empty: "aimesh" and "(default)".</summary>
    public string Database { get; set; } = "";

    /// <summary>Firestore: id of the project.</summary>
    public string Project { get; set; } = "";

    /// <summary>
    /// Firestore: path of a service account's key file (JSON); empty: the metadata server of Google Cloud. "none": no credential, for the emulator.
    /// </summary>
    public string CredentialFile { get; set; } = "";

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a throttled or failed request is tried again, with growing pauses.</summary>
    public int Retries { get; set; } = 6;

    /// <summary>Where its tables are: two stores of the same place are one.</summary>
    public string Place => string.Join('|', Provider, Endpoint.Length > 0 ? new Uri(Endpoint).AbsoluteUri : "", Region, Project, Database, Prefix);

    /// <summary>Everything that is wrong, each after the name of its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (Provider is not ("dynamodb" or "cosmos" or "firestore")) yield return "Provider: expected dynamodb, cosmos or firestore";
        if (Endpoint.Length > 0 && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")) yield return "Endpoint: expected an http or https address";
        if (Prefix.Length > 30 || Prefix.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))) yield return "Prefix: expected at most 30 of A-Z, a-z, 0-9, '-' and '_'";
        if (Provider == "dynamodb" && Region.Length == 0) yield return "Region: expected a region of AWS";
        if (Provider == "dynamodb" && AccessKey.Length == 0 != (SecretKey.Length == 0)) yield return "AccessKey, SecretKey: expected both or neither";
        if (Provider == "cosmos" && Endpoint.Length == 0) yield return "Endpoint: expected the address of the account";
        if (Provider == "cosmos" && !Convert.TryFromBase64String(SecretKey, new byte[SecretKey.Length], out _)) yield return "SecretKey: expected the key of the account in base64";
        if (Provider == "cosmos" && SecretKey.Length == 0) yield return "SecretKey: expected the key of the account";
        if (Provider == "firestore" && Project.Length == 0) yield return "Project: expected the id of the project";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5)) yield return "Timeout: expected more than zero and at most five minutes";
        if (Retries is < 0 or > 20) yield return "Retries: expected 0 to 20";
    }
}
