// Times DCMTK on Command Sets that it is given: the six messages of bench_messages.py, in both directions.
//
// On standard input: a line "encode COUNT" or "decode COUNT", then COUNT lines, each a Command Set in hexadecimal.
// On standard output, for each such block: {"microseconds": processor time a message}.
//
// The functions with which dcmnet turns a T_DIMSE_Message into a DcmDataset and back are not exported by its library, so
// their steps are taken here with the public functions of dcmdata: encoding makes every element from its tag, inserts
// it, computes the group length and writes to a buffer; decoding reads the bytes to a data set, then finds, copies,
// removes and deletes every element. Sockets, logging and the checks of the association are left out, in DCMTK's favour.

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcistrmb.h"
#include "dcmtk/dcmdata/dcostrmb.h"
#include "dcmtk/dcmdata/dcwcache.h"
#include "dcmtk/dcmnet/dimse.h"
#include "dcmtk/dcmnet/diutil.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

typedef std::vector<unsigned char> Bytes;

static void fail(const char *what)
{
    std::cerr << "dcmtk_bench: " << what << std::endl;
    std::exit(1);
}

static void must(const OFCondition &condition, const char *what)
{
    if (condition.bad()) fail(what);
}

static double now()
{
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

// Message to data set

static DcmElement *added(DcmDataset &set, const DcmTagKey &key)
{
    DcmElement *element = NULL;
    must(DcmItem::newDicomElementWithVR(element, DcmTag(key)), "no element");
    must(set.insert(element, OFTrue), "not inserted");
    return element;
}

static void addUS(DcmDataset &set, const DcmTagKey &key, Uint16 value)
{
    must(added(set, key)->putUint16(value), "no number");
}

static void addString(DcmDataset &set, const DcmTagKey &key, char *value)
{
    DU_stripLeadingAndTrailingSpaces(value);
    must(added(set, key)->putString(value), "no string");
}

static void addCommon(DcmDataset &set, Uint16 command, const DcmTagKey &idKey, Uint16 id, Uint16 type)
{
    must(added(set, DCM_CommandGroupLength)->putUint32(0), "no group length");
    addUS(set, DCM_CommandField, command);
    addUS(set, idKey, id);
    addUS(set, DCM_CommandDataSetType, type);
}

static void build(T_DIMSE_Message &message, DcmDataset &set)
{
    const Uint16 command = OFstatic_cast(Uint16, message.CommandField);
    switch (message.CommandField)
    {
    case DIMSE_C_MOVE_RQ:
    {
        T_DIMSE_C_MoveRQ &m = message.msg.CMoveRQ;
        addCommon(set, command, DCM_MessageID, m.MessageID, OFstatic_cast(Uint16, m.DataSetType));
        addString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID);
        addUS(set, DCM_Priority, OFstatic_cast(Uint16, m.Priority));
        addString(set, DCM_MoveDestination, m.MoveDestination);
        break;
    }
    case DIMSE_C_MOVE_RSP:
    {
        T_DIMSE_C_MoveRSP &m = message.msg.CMoveRSP;
        addCommon(set, command, DCM_MessageIDBeingRespondedTo, m.MessageIDBeingRespondedTo, m.DataSetType);
        addUS(set, DCM_Status, m.DimseStatus);
        if (m.opts & O_MOVE_AFFECTEDSOPCLASSUID) addString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID);
        if (m.opts & O_MOVE_NUMBEROFREMAININGSUBOPERATIONS)
            addUS(set, DCM_NumberOfRemainingSuboperations, m.NumberOfRemainingSubOperations);
        if (m.opts & O_MOVE_NUMBEROFCOMPLETEDSUBOPERATIONS)
            addUS(set, DCM_NumberOfCompletedSuboperations, m.NumberOfCompletedSubOperations);
        if (m.opts & O_MOVE_NUMBEROFFAILEDSUBOPERATIONS)
            addUS(set, DCM_NumberOfFailedSuboperations, m.NumberOfFailedSubOperations);
        if (m.opts & O_MOVE_NUMBEROFWARNINGSUBOPERATIONS)
            addUS(set, DCM_NumberOfWarningSuboperations, m.NumberOfWarningSubOperations);
        break;
    }
    case DIMSE_C_FIND_RSP:
    {
        T_DIMSE_C_FindRSP &m = message.msg.CFindRSP;
        addCommon(set, command, DCM_MessageIDBeingRespondedTo, m.MessageIDBeingRespondedTo, m.DataSetType);
        addUS(set, DCM_Status, m.DimseStatus);
        if (m.opts & O_FIND_AFFECTEDSOPCLASSUID) addString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID);
        break;
    }
    case DIMSE_C_STORE_RQ:
    {
        T_DIMSE_C_StoreRQ &m = message.msg.CStoreRQ;
        addCommon(set, command, DCM_MessageID, m.MessageID, OFstatic_cast(Uint16, m.DataSetType));
        addString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID);
        addString(set, DCM_AffectedSOPInstanceUID, m.AffectedSOPInstanceUID);
        addUS(set, DCM_Priority, OFstatic_cast(Uint16, m.Priority));
        if (m.opts & O_STORE_MOVEORIGINATORAETITLE)
            addString(set, DCM_MoveOriginatorApplicationEntityTitle, m.MoveOriginatorApplicationEntityTitle);
        if (m.opts & O_STORE_MOVEORIGINATORID) addUS(set, DCM_MoveOriginatorMessageID, m.MoveOriginatorID);
        break;
    }
    case DIMSE_N_ACTION_RQ:
    {
        T_DIMSE_N_ActionRQ &m = message.msg.NActionRQ;
        addCommon(set, command, DCM_MessageID, m.MessageID, OFstatic_cast(Uint16, m.DataSetType));
        addString(set, DCM_RequestedSOPClassUID, m.RequestedSOPClassUID);
        addString(set, DCM_RequestedSOPInstanceUID, m.RequestedSOPInstanceUID);
        addUS(set, DCM_ActionTypeID, m.ActionTypeID);
        break;
    }
    case DIMSE_N_GET_RQ:
    {
        T_DIMSE_N_GetRQ &m = message.msg.NGetRQ;
        addCommon(set, command, DCM_MessageID, m.MessageID, OFstatic_cast(Uint16, m.DataSetType));
        addString(set, DCM_RequestedSOPClassUID, m.RequestedSOPClassUID);
        addString(set, DCM_RequestedSOPInstanceUID, m.RequestedSOPInstanceUID);
        if (m.ListCount > 0)
            must(added(set, DCM_AttributeIdentifierList)->putUint16Array(m.AttributeIdentifierList, m.ListCount / 2),
                 "no tags");
        break;
    }
    default:
        fail("a message that is not measured");
    }
}

static size_t encode(T_DIMSE_Message &message, unsigned char *buffer, size_t size)
{
    DcmDataset set;
    build(message, set);
    DcmOutputBufferStream out(buffer, OFstatic_cast(offile_off_t, size));
    DcmWriteCache cache;
    set.transferInit();
    must(set.write(out, EXS_LittleEndianImplicit, EET_ExplicitLength, &cache, EGL_withGL, EPD_withoutPadding), "not written");
    set.transferEnd();
    void *written = NULL;
    offile_off_t length = 0;
    out.flushBuffer(written, length);
    return OFstatic_cast(size_t, length);
}

// Data set to message

static DcmElement *found(DcmDataset &set, const DcmTagKey &key)
{
    DcmStack stack;
    return set.search(key, stack).good() ? OFstatic_cast(DcmElement *, stack.top()) : NULL;
}

static void drop(DcmDataset &set, const DcmTagKey &key)
{
    delete set.remove(key);
}

static bool takeUS(DcmDataset &set, const DcmTagKey &key, Uint16 &value)
{
    DcmElement *element = found(set, key);
    if (element == NULL || element->getUint16(value, 0).bad()) return false;
    drop(set, key);
    return true;
}

static bool takeString(DcmDataset &set, const DcmTagKey &key, char *value, size_t most)
{
    DcmElement *element = found(set, key);
    char *text = NULL;
    if (element == NULL || element->getLength() > most || element->getString(text).bad() || text == NULL) return false;
    OFStandard::strlcpy(value, text, most + 1);
    DU_stripLeadingAndTrailingSpaces(value);
    drop(set, key);
    return true;
}

static Uint16 needUS(DcmDataset &set, const DcmTagKey &key)
{
    Uint16 value = 0;
    if (!takeUS(set, key, value)) fail("a number is missing");
    return value;
}

static void needString(DcmDataset &set, const DcmTagKey &key, char *value, size_t most)
{
    if (!takeString(set, key, value, most)) fail("a string is missing");
}

template <typename Structure> static void takeCommonRQ(DcmDataset &set, Structure &m)
{
    needUS(set, DCM_CommandField);
    m.MessageID = needUS(set, DCM_MessageID);
    const bool none = needUS(set, DCM_CommandDataSetType) == DIMSE_DATASET_NULL;
    m.DataSetType = none ? DIMSE_DATASET_NULL : DIMSE_DATASET_PRESENT;
}

template <typename Structure> static void takeCommonRSP(DcmDataset &set, Structure &m)
{
    needUS(set, DCM_CommandField);
    m.MessageIDBeingRespondedTo = needUS(set, DCM_MessageIDBeingRespondedTo);
    const bool none = needUS(set, DCM_CommandDataSetType) == DIMSE_DATASET_NULL;
    m.DataSetType = none ? DIMSE_DATASET_NULL : DIMSE_DATASET_PRESENT;
    m.DimseStatus = needUS(set, DCM_Status);
}

static void parse(T_DIMSE_Message &message, DcmDataset &set)
{
    Uint32 groupLength = 0;
    DcmElement *element = found(set, DCM_CommandGroupLength);
    if (element != NULL && element->getUint32(groupLength, 0).good()) drop(set, DCM_CommandGroupLength);
    Uint16 command = 0;
    element = found(set, DCM_CommandField);
    if (element == NULL || element->getUint16(command, 0).bad()) fail("no Command Field");
    memset(OFreinterpret_cast(char *, &message), 0, sizeof(message));
    message.CommandField = OFstatic_cast(T_DIMSE_Command, command);
    switch (command)
    {
    case DIMSE_C_MOVE_RQ:
    {
        T_DIMSE_C_MoveRQ &m = message.msg.CMoveRQ;
        takeCommonRQ(set, m);
        needString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID, DIC_UI_LEN);
        m.Priority = OFstatic_cast(T_DIMSE_Priority, needUS(set, DCM_Priority));
        needString(set, DCM_MoveDestination, m.MoveDestination, DIC_AE_LEN);
        break;
    }
    case DIMSE_C_MOVE_RSP:
    {
        T_DIMSE_C_MoveRSP &m = message.msg.CMoveRSP;
        takeCommonRSP(set, m);
        if (takeString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID, DIC_UI_LEN))
            m.opts |= O_MOVE_AFFECTEDSOPCLASSUID;
        if (takeUS(set, DCM_NumberOfRemainingSuboperations, m.NumberOfRemainingSubOperations))
            m.opts |= O_MOVE_NUMBEROFREMAININGSUBOPERATIONS;
        if (takeUS(set, DCM_NumberOfCompletedSuboperations, m.NumberOfCompletedSubOperations))
            m.opts |= O_MOVE_NUMBEROFCOMPLETEDSUBOPERATIONS;
        if (takeUS(set, DCM_NumberOfFailedSuboperations, m.NumberOfFailedSubOperations))
            m.opts |= O_MOVE_NUMBEROFFAILEDSUBOPERATIONS;
        if (takeUS(set, DCM_NumberOfWarningSuboperations, m.NumberOfWarningSubOperations))
            m.opts |= O_MOVE_NUMBEROFWARNINGSUBOPERATIONS;
        break;
    }
    case DIMSE_C_FIND_RSP:
    {
        T_DIMSE_C_FindRSP &m = message.msg.CFindRSP;
        takeCommonRSP(set, m);
        if (takeString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID, DIC_UI_LEN))
            m.opts |= O_FIND_AFFECTEDSOPCLASSUID;
        break;
    }
    case DIMSE_C_STORE_RQ:
    {
        T_DIMSE_C_StoreRQ &m = message.msg.CStoreRQ;
        takeCommonRQ(set, m);
        needString(set, DCM_AffectedSOPClassUID, m.AffectedSOPClassUID, DIC_UI_LEN);
        needString(set, DCM_AffectedSOPInstanceUID, m.AffectedSOPInstanceUID, DIC_UI_LEN);
        m.Priority = OFstatic_cast(T_DIMSE_Priority, needUS(set, DCM_Priority));
        if (takeString(set, DCM_MoveOriginatorApplicationEntityTitle, m.MoveOriginatorApplicationEntityTitle, DIC_AE_LEN))
            m.opts |= O_STORE_MOVEORIGINATORAETITLE;
        if (takeUS(set, DCM_MoveOriginatorMessageID, m.MoveOriginatorID)) m.opts |= O_STORE_MOVEORIGINATORID;
        break;
    }
    case DIMSE_N_ACTION_RQ:
    {
        T_DIMSE_N_ActionRQ &m = message.msg.NActionRQ;
        takeCommonRQ(set, m);
        needString(set, DCM_RequestedSOPClassUID, m.RequestedSOPClassUID, DIC_UI_LEN);
        needString(set, DCM_RequestedSOPInstanceUID, m.RequestedSOPInstanceUID, DIC_UI_LEN);
        m.ActionTypeID = needUS(set, DCM_ActionTypeID);
        break;
    }
    case DIMSE_N_GET_RQ:
    {
        T_DIMSE_N_GetRQ &m = message.msg.NGetRQ;
        takeCommonRQ(set, m);
        needString(set, DCM_RequestedSOPClassUID, m.RequestedSOPClassUID, DIC_UI_LEN);
        needString(set, DCM_RequestedSOPInstanceUID, m.RequestedSOPInstanceUID, DIC_UI_LEN);
        DcmElement *list = found(set, DCM_AttributeIdentifierList);
        Uint16 *tags = NULL;
        if (list != NULL && list->getUint16Array(tags).good() && tags != NULL)
        {
            const Uint32 length = list->getLength();
            m.ListCount = OFstatic_cast(int, length / sizeof(Uint16));
            m.AttributeIdentifierList = OFstatic_cast(DIC_US *, malloc(length));
            memcpy(m.AttributeIdentifierList, tags, length);
            drop(set, DCM_AttributeIdentifierList);
        }
        break;
    }
    default:
        fail("a message that is not measured");
    }
}

static void decode(const Bytes &bytes, T_DIMSE_Message &message)
{
    DcmDataset set;
    DcmInputBufferStream in;
    set.transferInit();
    in.setBuffer(&bytes[0], OFstatic_cast(offile_off_t, bytes.size()));
    in.setEos();
    must(set.read(in, EXS_LittleEndianImplicit), "not read");
    in.releaseBuffer();
    set.transferEnd();
    parse(message, set);
}

static void release(T_DIMSE_Message &message)
{
    if (message.CommandField == DIMSE_N_GET_RQ) free(message.msg.NGetRQ.AttributeIdentifierList);
}

// What is asked for

static Bytes bytesOf(const std::string &hex)
{
    Bytes bytes;
    for (size_t at = 0; at + 1 < hex.size(); at += 2)
        bytes.push_back(OFstatic_cast(unsigned char, std::strtoul(hex.substr(at, 2).c_str(), NULL, 16)));
    return bytes;
}

static double timeDecoding(const std::vector<Bytes> &sets)
{
    T_DIMSE_Message message;
    const double start = now();
    for (size_t each = 0; each < sets.size(); ++each)
    {
        decode(sets[each], message);
        release(message);
    }
    return now() - start;
}

static double timeEncoding(const std::vector<Bytes> &sets)
{
    static unsigned char buffer[16384];
    std::vector<T_DIMSE_Message> messages(sets.size());
    for (size_t each = 0; each < sets.size(); ++each)
    {
        decode(sets[each], messages[each]);
        const size_t length = encode(messages[each], buffer, sizeof(buffer));
        if (length != sets[each].size() || memcmp(buffer, &sets[each][0], length) != 0) fail("other bytes than those given");
    }
    const double start = now();
    for (size_t each = 0; each < messages.size(); ++each) encode(messages[each], buffer, sizeof(buffer));
    const double took = now() - start;
    for (size_t each = 0; each < messages.size(); ++each) release(messages[each]);
    return took;
}

int main()
{
    if (!dcmDataDict.isDictionaryLoaded()) fail("DCMTK has no data dictionary");
    std::string task, hex;
    size_t count = 0;
    while (std::cin >> task >> count)
    {
        std::vector<Bytes> sets;
        for (size_t each = 0; each < count && std::cin >> hex; ++each) sets.push_back(bytesOf(hex));
        const double took = task == "encode" ? timeEncoding(sets) : timeDecoding(sets);
        std::cout << "{\"microseconds\": " << took / OFstatic_cast(double, sets.size()) << "}" << std::endl;
    }
    return 0;
}
