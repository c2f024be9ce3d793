using System.Collections.Immutable;
using System.Text.RegularExpressions;
using AiMesh.Iot.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Devices;

/// <summary>Holds what callers say of devices to the contract; all faults are reported at once.</summary>
internal static partial class DeviceValidation
{
    private static readonly ImmutableArray<string> Writable = ["display_name", "device_type", "metadata", "groups"];

    public static Result<DeviceChange> ForCreation(CreateDeviceRequest request)
    {
        var faults = ImmutableArray.CreateBuilder<FieldViolation>();
        if (!DeviceId.IsValid(request.DeviceId))
            faults.Add(new FieldViolation("device_id", DeviceId.Expected));
        var device = request.Device ?? new Device();
        Check(device, faults);
        if (faults.Count > 0)
            return new InvalidFields(faults.ToImmutable());

        return new DeviceChange(device.DisplayName, device.DeviceType, device.Metadata, device.Groups);
    }

    public static Result<DeviceChange> ForUpdate(UpdateDeviceRequest request)
    {
        if (request.Device is not { } device)
            return new InvalidField("device", "required");

        var faults = ImmutableArray.CreateBuilder<FieldViolation>();
        foreach (var path in (request.UpdateMask?.Paths ?? []).Where(path => !Writable.Contains(path)))
            faults.Add(new FieldViolation("update_mask", $"'{Shortened(path)}' cannot be updated; expected {string.Join(", ", Writable)}"));
        if (device.Id.Length > 0 && device.Id != request.DeviceId)
            faults.Add(new FieldViolation("device.id", "the id of a device cannot be changed"));
        Check(device, faults);
        if (faults.Count > 0)
            return new InvalidFields(faults.ToImmutable());

        return new DeviceChange(
            Changes(request.UpdateMask, "display_name", device.DisplayName.Length > 0) ? device.DisplayName : null,
            Changes(request.UpdateMask, "device_type", device.DeviceType.Length > 0) ? device.DeviceType : null,
            Changes(request.UpdateMask, "metadata", device.Metadata.Count > 0) ? device.Metadata : null,
            Changes(request.UpdateMask, "groups", device.Groups.Count > 0) ? device.Groups : null);
    }

    private static bool Changes(FieldMask? mask, string path, bool isSet) => mask is { Paths.Count: > 0 } ? mask.Paths.Contains(path) : isSet;

    private static void Check(Device device, ImmutableArray<FieldViolation>.Builder faults)
    {
        CheckText("device.display_name", device.DisplayName, 100, faults);
        CheckText("device.device_type", device.DeviceType, 63, faults);

        if (device.Metadata.Count > 32)
            faults.Add(new FieldViolation("device.metadata", "expected at most 32 entries"));
        foreach (var (key, value) in device.Metadata.Take(33))
        {
            if (!MetadataKey().IsMatch(key))
                faults.Add(new FieldViolation("device.metadata", $"key '{Shortened(key)}': expected 1 to 63 characters of a-z, 0-9 and '_'"));
            CheckText($"device.metadata.{Shortened(key)}", value, 256, faults);
        }

        if (device.Groups.Count > 20)
            faults.Add(new FieldViolation("device.groups", "expected at most 20 groups"));
        foreach (var group in device.Groups.Take(21).Where(group => !GroupName().IsMatch(group)))
            faults.Add(new FieldViolation("device.groups", $"'{Shortened(group)}': expected 1 to 63 characters of a-z, 0-9, '-' and '_'"));
    }

    private static void CheckText(string field, string text, int longest, ImmutableArray<FieldViolation>.Builder faults)
    {
        if (text.Length > longest)
            faults.Add(new FieldViolation(field, $"expected at most {longest} characters"));
        else if (StorableText.FirstFault(text) is not null)
            faults.Add(new FieldViolation(field, StorableText.Expected));
    }

    private static string Shortened(string text) => text.Length <= 64 ? text : $"{text[..60]}…";

    [GeneratedRegex("^[a-z0-9_]{1,63}\\z")]
    private static partial Regex MetadataKey();

    [GeneratedRegex("^[a-z0-9_-]{1,63}\\z")]
    private static partial Regex GroupName();
}
