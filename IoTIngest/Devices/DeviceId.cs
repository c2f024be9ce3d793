using System.Text.RegularExpressions;

namespace AiMesh.IoTIngest.Devices;

internal static partial class DeviceId
{
    public const string Expected = "expected 1 to 63 characters of a-z, 0-9, '-' and '_', beginning with a letter or digit";

    public static bool IsValid(string id) => Form().IsMatch(id);

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,62}\\z")]
    private static partial Regex Form();
}
