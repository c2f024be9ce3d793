namespace AiMesh.Gateway.Cors;

/// <summary>Which web pages of other origins may call; section <c>Cors</c>. Without origins none may.</summary>
internal sealed class CorsOptions
{
    public const string Section = "Cors";

    /// <summary>Such as "https://app.example", without a path; or "*" for all.</summary>
    public IList<string> Origins { get; } = [];

    /// <summary>Methods that may be used. Default: all that the API has.</summary>
    public IList<string> Methods { get; } = [];

    /// <summary>Request headers that may be sent. Default: any.</summary>
    public IList<string> Headers { get; } = [];

    /// <summary>Whether cookies may come along. Not together with "*". Default: false; access tokens in a header need it not.</summary>
    public bool AllowCredentials { get; set; }

    /// <summary>How long a browser may remember the answer. 0 to 1 day; default: 10 minutes.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    public static IEnumerable<string> Check(CorsOptions options)
    {
        foreach (var origin in options.Origins)
        {
            if (origin != "*" && !IsOrigin(origin))
                yield return $"{Section}:Origins: '{origin}' is not an origin such as https://app.example.";
        }

        if (options.AllowCredentials && options.Origins.Contains("*"))
            yield return $"{Section}:AllowCredentials cannot go with the origin '*': any page could act for whoever opens it.";
        if (options.MaxAge < TimeSpan.Zero || options.MaxAge > TimeSpan.FromDays(1))
            yield return $"{Section}:MaxAge must lie between 0 and 1 day.";
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme is "https" or "http") && uri.GetLeftPart(UriPartial.Authority) == text;
}
